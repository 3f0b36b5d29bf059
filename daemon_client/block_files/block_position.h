#pragma once
#include <cstdint>

#include "index/chain/hash.h"

namespace amber::daemon_client {

/// Where a block lies in the node's files.
struct BlockPosition {
    std::uint32_t file = 0;    ///< number in the name of the file
    std::uint32_t offset = 0;  ///< of the block's first byte, behind its magic and size
    std::uint32_t size = 0;    ///< bytes of the block

    auto operator<=>(const BlockPosition&) const = default;
};

/// A block that was found, as far as its header tells.
struct FoundBlock {
    index::BlockHash hash;
    index::BlockHash previous;
    std::uint32_t target_bits = 0;
    BlockPosition position;
};

/// A block of a chain.
struct ChainedBlock {
    index::BlockHash hash;
    BlockPosition position;
};

}  // namespace amber::daemon_client
