#pragma once
#include "index/chain/sha256_ni_rounds.h"

namespace amber::index::sha_ni {

/// One message on its way through a lane: where its next blocks are, and what comes after them.
struct Stream {
    State state;
    const std::uint8_t* next;  ///< `blocks` whole blocks to compress
    std::size_t blocks;
    const HashJob* job;
    bool copied;       ///< a short message: `next` and `blocks` are all of it, padded
    bool last_blocks;  ///< nothing follows those
    // The rest serves messages that are not copied.
    std::uint64_t size;  ///< of the message up to `offset` of `piece`
    std::size_t offset;  ///< first byte of `piece` not yet given out
    int piece;
    std::uint8_t buffer[2 * kBlock];  ///< blocks put together from pieces, and padding
};

/// Finds the next blocks of a long message: in place where a piece holds whole blocks, else put
/// together in the buffer.
void NextBlocks(Stream& stream);

inline constexpr std::size_t kLengthField = 8;  ///< bytes, at the end of the padding

/// Blocks that a message of `size` bytes takes with its padding.
constexpr std::size_t PaddedBlocks(std::uint64_t size) {
    return (size + kBlock + kLengthField) / kBlock;
}

inline std::size_t SizeOf(const HashJob& job) {
    return job.pieces[0].size() + job.pieces[1].size() + job.pieces[2].size();
}

/// Puts a message together, padded to its full `blocks`.
void CopyMessage(const HashJob& job, std::size_t size, std::size_t blocks, std::uint8_t* out);

}  // namespace amber::index::sha_ni
