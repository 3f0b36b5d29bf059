#include "index/chain/sha256_ni_message.h"

#include <algorithm>
#include <cstring>

namespace amber::index::sha_ni {
namespace {

/// Writes the padding of a message of `size` bytes around its last bytes, which may come later or
/// stand there already. `end` is the end of its last block; what is neither message nor padding
/// must be zero.
void WritePadding(std::uint8_t* end, std::uint64_t size) {
    const std::uint64_t bits = __builtin_bswap64(size * 8);
    std::memcpy(end - kLengthField, &bits, kLengthField);
    const std::size_t filled = size % kBlock;
    const std::size_t blocks = filled < kBlock - kLengthField ? 1 : 2;
    *(end - blocks * kBlock + filled) = 0x80;
}

/// As memcpy, but the few bytes around the witness of a transaction need no call.
inline void CopyBytes(ByteView from, std::uint8_t* to) {
    if (from.size() == 4) {
        std::memcpy(to, from.data(), 4);
    } else if (!from.empty()) {
        std::memcpy(to, from.data(), from.size());
    }
}

}  // namespace

void CopyMessage(const HashJob& job, std::size_t size, std::size_t blocks, std::uint8_t* out) {
    std::uint8_t* const end = out + blocks * kBlock;
    if (blocks == 1) {  // two calls, as only a fixed size is as fast as this has to be
        std::memset(out, 0, kBlock);
    } else {
        std::memset(end - 2 * kBlock, 0, 2 * kBlock);
    }
    for (const ByteView piece : job.pieces) {
        CopyBytes(piece, out);
        out += piece.size();
    }
    WritePadding(end, size);
}

void NextBlocks(Stream& stream) {
    std::size_t filled = 0;
    while (stream.piece < 3) {
        const ByteView rest = stream.job->pieces[stream.piece].subspan(stream.offset);
        const bool in_place = filled == 0 && rest.size() >= kBlock;
        const std::size_t taken =
            in_place ? rest.size() / kBlock * kBlock : std::min(rest.size(), kBlock - filled);
        stream.offset += taken;
        stream.size += taken;
        if (in_place) {
            stream.next = rest.data();
            stream.blocks = taken / kBlock;
            return;
        }
        CopyBytes(rest.first(taken), stream.buffer + filled);
        filled += taken;
        stream.next = stream.buffer;
        stream.blocks = 1;
        if (filled == kBlock) return;
        ++stream.piece;
        stream.offset = 0;
    }
    stream.blocks = PaddedBlocks(filled);
    std::memset(stream.buffer + filled, 0, sizeof stream.buffer - filled);
    WritePadding(stream.buffer + stream.blocks * kBlock, stream.size);
    stream.last_blocks = true;
}

}  // namespace amber::index::sha_ni
