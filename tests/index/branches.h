#pragma once
#include <map>
#include <optional>

#include "tests/index/open_index.h"
#include "tests/index/random_chain.h"

namespace amber::index {

/// The chains between which a writer switches, to be killed or cut off from power.
struct Branches {
    explicit Branches(std::uint64_t seed);
    RandomChain left, right;
};

/// The digest at each block.
std::map<BlockHash, StatusHash> DigestsOf(const Branches& branches);

/// The database is as it is at a block of theirs, or has none. Gives that block.
std::optional<BlockHash> ExpectWholeBlock(const OpenIndex& index,
                                          const std::map<BlockHash, StatusHash>& digests);

/// Makes the chain that of the index, by taking back and connecting blocks.
void Follow(BlockProcessor& processor, const Chain& chain, std::size_t flush_every);

}  // namespace amber::index
