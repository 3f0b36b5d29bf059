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
    /// After a refused read: it was refused because a CompactSize was longer than it had to be.
    [[nodiscard]] bool NotMinimal() const { return not_minimal_; }
    /// After a refused read: where it began.
    [[nodiscard]] std::size_t Offset() const { return offset_; }
    [[nodiscard]] std::size_t Left() const { return bytes_.size() - offset_; }

    [[nodiscard]] ByteView Rest() const { return bytes_.subspan(offset_); }

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

    /// CompactSize, the variable-length integer of the peer-to-peer protocol. Only the shortest
    /// form of a number is accepted, as in Bitcoin Core.
    std::uint64_t CompactSize() {
        const std::uint8_t first = Peek();
        if (first < 0xfd) return U8();
        if (first == 0xfd) return WideCompactSize<std::uint16_t>(0xfd);
        if (first == 0xfe) return WideCompactSize<std::uint32_t>(0x1'0000);
        return WideCompactSize<std::uint64_t>(0x1'0000'0000);
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
    template <class T>
    std::uint64_t WideCompactSize(std::uint64_t least) {
        const ByteView view = Take(1 + sizeof(T));
        if (view.empty()) return 0;
        T value;
        std::memcpy(&value, view.data() + 1, sizeof(T));
        if (value >= least) return value;
        offset_ -= view.size();
        not_minimal_ = true;
        ok_ = false;
        return 0;
    }

    ByteView bytes_;
    std::size_t offset_ = 0;
    bool ok_ = true;
    bool not_minimal_ = false;
};

}  // namespace amber::index
