#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "index/chain/strong.h"

namespace amber::index {

/// How many transactions the chain has up to and including each height: turns a TxNum into a
/// height without a read. A persistent array: copies are cheap and share their chunks; Append
/// and Truncate change only this copy. Thread-safe to read. 8 bytes per block.
class TxCounts {
public:
    [[nodiscard]] std::uint32_t size() const { return size_; }
    /// Transactions in blocks 0 .. height. Precondition: height < size().
    [[nodiscard]] std::uint64_t Through(Height height) const {
        return (*chunks_[height.value / kChunk])[height.value % kChunk];
    }
    /// First transaction of the block at `height`. Precondition: height < size().
    [[nodiscard]] TxNum First(Height height) const {
        return {height.value == 0 ? 0 : Through({height.value - 1})};
    }
    /// Precondition: num is below the last count.
    [[nodiscard]] Height HeightOf(TxNum num) const;

    void Append(std::uint64_t total);
    /// Keeps the first `size` heights.
    void Truncate(std::uint32_t size);

private:
    static constexpr std::uint32_t kChunk = 1024;
    using Chunk = std::vector<std::uint64_t>;

    void OwnLastChunk();

    std::vector<std::shared_ptr<Chunk>> chunks_;
    std::uint32_t size_ = 0;
};

}  // namespace amber::index
