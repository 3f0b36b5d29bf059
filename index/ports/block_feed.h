#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "index/chain/block.h"
#include "index/chain/strong.h"
#include "index/ports/node_error.h"

namespace amber::index {

/// Where the node stands.
struct NodeTip {
    Height height;  ///< of its best validated block
    BlockHash hash;
    Height best_header;  ///< of its best header, >= height; larger while it still syncs
    bool initial_download = false;
    std::uint64_t block_bytes = 0;  ///< of all blocks, about; 0 if unknown
};

/// What the core asks of the world in order to follow the chain. Calls block; one thread (sync)
/// uses it. Failures are values: the caller waits and tries again, for ever.
class BlockFeed {
public:
    virtual ~BlockFeed() = default;

    [[nodiscard]] virtual NodeResult<NodeTip> Tip() = 0;

    /// Hashes of the node's best chain for heights first, first + 1, ... Fewer than `count` (also
    /// none) if its chain ends earlier.
    [[nodiscard]] virtual NodeResult<std::vector<BlockHash>> Hashes(Height first,
                                                                    std::size_t count) = 0;

    /// Drops what was fetched ahead; the next block taken is the node's block at `next`.
    virtual void Restart(Height next) = 0;

    /// The blocks that are ready, in chain order, at least one and at most about `max_bytes` of
    /// them; waits up to `wait` for the first. Empty: none came in time (caught up, or trouble,
    /// which is logged where it is met and retried there). Every block has the hash the node
    /// announced for its height and its merkle root is right; that it follows the caller's tip
    /// is the caller's to check.
    [[nodiscard]] virtual std::vector<Block> Take(std::size_t max_bytes,
                                                  std::chrono::milliseconds wait) = 0;
};

}  // namespace amber::index
