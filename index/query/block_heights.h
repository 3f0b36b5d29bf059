#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "index/chain/hash.h"
#include "index/chain/strong.h"
#include "index/store/reach.h"

namespace amber::index {

/// Block hash to height, worked out when somebody first asks: about 20 bytes per block from then
/// on. Invariant: with a block all blocks below it are known; orphaned ones stay. Thread: any.
class BlockHeights {
public:
    /// One chain, as the caller sees it. Both calls may throw; nothing has changed then.
    struct Chain {
        Height tip;
        std::function<BlockHash(Height)> hash_at;
        std::function<std::vector<BlockHash>()> all;  ///< by height, up to the tip
        store::Reach reach;
    };
    /// The height of a block of that chain; nothing if it is not in it. With Reach::memory it
    /// throws store::NotInMemory rather than wait for another caller or walk the whole chain.
    [[nodiscard]] std::optional<Height> Find(const BlockHash& hash, const Chain& chain);

private:
    /// Eight bytes stand for a block: two blocks that share them are a matter of 2^64 blocks.
    static std::uint64_t NameOf(const BlockHash& hash) { return std::hash<BlockHash>{}(hash); }
    [[nodiscard]] bool Knows(const BlockHash& hash, Height height) const;
    void Extend(const Chain& chain);

    std::mutex mutex_;  ///< guards heights_
    boost::unordered_flat_map<std::uint64_t, std::uint32_t> heights_;
};

}  // namespace amber::index
