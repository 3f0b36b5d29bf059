#pragma once
#include <cstdint>
#include <cstring>

#include "index/chain/bytes.h"

namespace amber::index {

/// Reads little-endian wire bytes without ever leaving them. A read that would is refused:
/// Ok() turns false, the read returns zero or an empty view, and all later reads do too.
/// Check Ok() once after a group of reads, and before any allocation sized by what was read.
class ByteReader {
public:
    explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

    [[nodiscard]] bool Ok() const { return ok_; }
    [[nodiscard]] std::size_t Offset() const { return offset_; }
    [[nodiscard]] std::size_t Left() const { return bytes_.size() - offset_; }

    ByteView Take(std::size_t size) {
        if (!ok_ || size > Left()) {
            ok_ = false;
            return {};
        }
        ByteView view = bytes_.subspan(offset_, size);
        offset_ += size;
        return view;
    }
    std::uint8_t U8() { return Int<std::uint8_t>(); }
    std::uint16_t U16() { return Int<std::uint16_t>(); }
    std::uint32_t U32() { return Int<std::uint32_t>(); }
    std::uint64_t U64() { return Int<std::uint64_t>(); }

    /// CompactSize, the variable-length integer of the peer-to-peer protocol.
    std::uint64_t CompactSize() {
        const std::uint8_t first = U8();
        if (first < 0xfd) return first;
        if (first == 0xfd) return U16();
        if (first == 0xfe) return U32();
        return U64();
    }
    [[nodiscard]] std::uint8_t Peek(std::size_t ahead = 0) const {
        return ok_ && ahead < Left() ? bytes_[offset_ + ahead] : 0;
    }
    void Fail() { ok_ = false; }

private:
    template <class T>
    T Int() {
        ByteView view = Take(sizeof(T));
        T value{};
        if (!view.empty()) std::memcpy(&value, view.data(), sizeof(T));
        return value;
    }
    ByteView bytes_;
    std::size_t offset_ = 0;
    bool ok_ = true;
};

}  // namespace amber::index
