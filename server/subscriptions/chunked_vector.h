#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace amber::server {

/// A sequence that grows at its end and never moves what is in it: no pause to copy millions of
/// elements, and references hold. Thread: one.
template <class T>
class ChunkedVector {
public:
    T& operator[](std::size_t at) { return (*chunks_[at / kChunk])[at % kChunk]; }
    const T& operator[](std::size_t at) const { return (*chunks_[at / kChunk])[at % kChunk]; }
    [[nodiscard]] std::size_t Size() const { return size_; }
    /// A default value at the end.
    T& Append() {
        if (size_ % kChunk == 0) chunks_.push_back(std::make_unique<Chunk>());
        return (*this)[size_++];
    }

private:
    static constexpr std::size_t kChunk = 1024;
    using Chunk = std::array<T, kChunk>;
    std::vector<std::unique_ptr<Chunk>> chunks_;
    std::size_t size_ = 0;
};

}  // namespace amber::server
