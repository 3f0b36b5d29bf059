#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "daemon_client/block_files/block_position.h"
#include "index/chain/hash.h"
#include "index/chain/proof_of_work.h"

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

    /// From `root` to the end of the branch with most work; of equals the one whose last block was
    /// heard of first. Empty if `root` was not heard of; alone if nothing follows it. It may be
    /// known as a parent only: then its position has the size 0.
    [[nodiscard]] std::vector<ChainedBlock> BestChain(const index::BlockHash& root) const;

    /// Blocks whose ancestors are not all there.
    struct Stranded {
        std::size_t count = 0;
        BlockPosition first;       ///< of them, where it lies
        index::BlockHash hash;     ///< of that block
        index::BlockHash missing;  ///< what it follows
    };
    /// Blocks that neither come from `root` nor lead to it, of which the parent of the first is
    /// missing. Nothing if there are none.
    [[nodiscard]] std::optional<Stranded> FindStranded(const index::BlockHash& root) const;
    /// How many blocks found lead to `root`, itself included if it was found.
    [[nodiscard]] std::size_t CountUpTo(const index::BlockHash& root) const;

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
    /// kNone if it was not heard of.
    [[nodiscard]] Number Lookup(const index::BlockHash& hash) const;
    Number NumberOf(const index::BlockHash& hash);
    void Grow();
    [[nodiscard]] bool IsFound(Number number) const {
        return number != kNone && entries_[number].position.size > 0;
    }
    /// By number: the work of the chain from `root` up to each block; 0 for those that do not come
    /// from there.
    [[nodiscard]] std::vector<index::Work> WorkFrom(const index::BlockHash& root) const;

    std::deque<Entry> entries_;  ///< by number; a deque never moves them
    std::vector<Number> slots_;  ///< by hash, open addressing; a power of two, at most half full
    std::size_t found_ = 0;
};

}  // namespace amber::daemon_client
