#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "daemon_client/block_files/block_position.h"
#include "index/chain/hash.h"

namespace amber::daemon_client {

/// Blocks by hash: where each lies, and which one it follows. A parent has a place here before it
/// is found itself, so that blocks may come in any order.
/// Memory: 52 bytes per block and 8 to 16 for its slot: about 60 MB for mainnet's 900,000 blocks.
/// Not thread-safe.
class BlockTable {
public:
    /// A block that was there already is where it was found last.
    void Add(const FoundBlock& block);
    [[nodiscard]] std::optional<BlockPosition> Find(const index::BlockHash& hash) const;
    /// Blocks found, each once.
    [[nodiscard]] std::size_t Size() const { return found_; }

    /// From `genesis` to the end of the branch with most work; of equals the one whose last block
    /// was heard of first. Empty if the genesis block was not found. Blocks whose ancestors are not
    /// all there are left out.
    [[nodiscard]] std::vector<ChainedBlock> BestChain(const index::BlockHash& genesis) const;

private:
    using Number = std::uint32_t;
    static constexpr Number kNone = 0xffff'ffff;

    struct Entry {
        index::BlockHash hash;
        BlockPosition position;  ///< size 0: known as a parent only
        Number parent = kNone;
        std::uint32_t target_bits = 0;
    };
    static_assert(sizeof(Entry) == 52);

    [[nodiscard]] std::size_t SlotOf(const index::BlockHash& hash) const;
    Number NumberOf(const index::BlockHash& hash);
    void Grow();

    std::deque<Entry> entries_;  ///< by number; a deque never moves them
    std::vector<Number> slots_;  ///< by hash, open addressing; a power of two, at most half full
    std::size_t found_ = 0;
};

}  // namespace amber::daemon_client
