#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "index/chain/hash_x.h"
#include "index/chain/strong.h"
#include "index/store/reach.h"

// How numbers and names are written into rows. Integers are big-endian, so that key order is
// chain order.
namespace amber::index::tables {

inline constexpr std::size_t kTxNumSize = 5;
inline constexpr std::size_t kOutputIndexSize = 3;
inline constexpr std::size_t kAmountSizeMax = 10;  ///< as a varint
/// Leading bytes of a txid that stand for it in keys. Two transactions can share them (about one
/// look-up in a thousand on mainnet); readers then compare whole txids.
inline constexpr std::size_t kTxidPrefixSize = 5;

/// The low `Count` bytes of a number, the most significant first.
template <std::size_t Count>
void StoreBigEndian(void* out, std::uint64_t value) {
    static_assert(Count >= 1 && Count <= 8);
    const std::uint64_t word = __builtin_bswap64(value << (64 - 8 * Count));
    std::memcpy(out, &word, Count);
}
template <std::size_t Count>
[[nodiscard]] std::uint64_t LoadBigEndian(const void* in) {
    static_assert(Count >= 1 && Count <= 8);
    std::uint64_t word = 0;
    std::memcpy(&word, in, Count);
    return __builtin_bswap64(word) >> (64 - 8 * Count);
}

/// A key, or a short value, of at most `Size` bytes, built on the stack.
template <std::size_t Size>
class FixedKey {
    static_assert(Size < 256);

public:
    template <std::size_t Count>
    FixedKey& Int(std::uint64_t value) {
        StoreBigEndian<Count>(bytes_.data() + used_, value);
        used_ = static_cast<std::uint8_t>(used_ + Count);
        return *this;
    }
    FixedKey& Raw(const std::uint8_t* data, std::size_t size) {
        std::memcpy(bytes_.data() + used_, data, size);
        used_ = static_cast<std::uint8_t>(used_ + size);
        return *this;
    }
    /// Base-128, least significant group first.
    FixedKey& VarInt(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) bytes_[used_++] = static_cast<char>(value | 0x80);
        bytes_[used_++] = static_cast<char>(value);
        return *this;
    }
    [[nodiscard]] std::string_view View() const { return {bytes_.data(), used_}; }
    operator std::string_view() const { return View(); }
    friend bool operator==(const FixedKey& a, const FixedKey& b) { return a.View() == b.View(); }
    /// Sorting is a large part of a flush, and the first eight bytes nearly always decide.
    friend std::strong_ordering operator<=>(const FixedKey& a, const FixedKey& b) {
        if (a.used_ >= 8 && b.used_ >= 8)
            if (const auto order = a.Head() <=> b.Head(); order != 0) return order;
        return a.View() <=> b.View();
    }

private:
    [[nodiscard]] std::uint64_t Head() const {
        std::uint64_t head;
        std::memcpy(&head, bytes_.data(), sizeof head);
        return __builtin_bswap64(head);
    }
    std::array<char, (Size < 8 ? 8 : Size)> bytes_;
    std::uint8_t used_ = 0;
};

/// Reads a row back. A row that is too short is a damaged database: throws StoreError.
class RowReader {
public:
    explicit RowReader(std::string_view bytes) : bytes_(bytes) {}

    template <std::size_t Count>
    std::uint64_t Int() {
        Need(Count);
        const std::uint64_t value = LoadBigEndian<Count>(bytes_.data());
        bytes_.remove_prefix(Count);
        return value;
    }
    std::uint64_t VarInt() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = Int<1>();
            value |= (byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
        Damaged();
    }
    std::string_view Raw(std::size_t size) {
        Need(size);
        const auto view = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return view;
    }
    HashX Script() {
        HashX hash_x;
        std::memcpy(hash_x.bytes.data(), Raw(HashX::kSize).data(), HashX::kSize);
        return hash_x;
    }
    template <class Hash256>
    Hash256 Hash() {
        Hash256 hash;
        std::memcpy(hash.bytes.data(), Raw(hash.bytes.size()).data(), hash.bytes.size());
        return hash;
    }
    [[nodiscard]] bool Done() const { return bytes_.empty(); }
    [[nodiscard]] std::string_view Rest() const { return bytes_; }

private:
    void Need(std::size_t size) const {
        if (bytes_.size() < size) Damaged();
    }
    [[noreturn]] static void Damaged() {
        throw store::StoreError(
            "database: a row is shorter than its grammar; delete the database and sync again");
    }
    std::string_view bytes_;
};

/// Base-128, least significant group first.
inline void AppendVarInt(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

}  // namespace amber::index::tables
