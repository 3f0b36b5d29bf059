#pragma once
#include <array>

#include "index/chain/bytes.h"
#include "tests/support/chain_data.h"

namespace amber::test {

/// Walks a file of blocks: [network magic (4)] [size (4, little-endian)] [block], repeated.
/// Zero bytes where a magic should stand are the unused tail of a node's blk file: they end it.
class BlockFile {
public:
    explicit BlockFile(const std::filesystem::path& path) : path_(path), file_(OpenFile(path)) {}

    /// Puts the next block into `raw`, whose memory is reused; false at the end of the file.
    /// Throws if the file breaks off within a block or a size is absurd.
    bool Next(index::Bytes& raw);

    /// Of the block last read.
    [[nodiscard]] const std::array<std::uint8_t, 4>& Magic() const { return magic_; }

private:
    std::filesystem::path path_;
    ByteSource file_;
    std::array<std::uint8_t, 4> magic_{};
};

}  // namespace amber::test
