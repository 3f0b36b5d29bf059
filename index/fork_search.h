#pragma once
#include <functional>
#include <optional>

#include "index/ports/block_feed.h"

namespace amber::index {

/// The highest height at which the node's chain and ours have the same block, found by stepping
/// back from `tip` in doubling windows. Nothing if even the first blocks differ. `hash_at` gives
/// our block at a height <= tip.
NodeResult<std::optional<Height>> FindFork(BlockFeed& node, Height tip,
                                           const std::function<BlockHash(Height)>& hash_at);

}  // namespace amber::index
