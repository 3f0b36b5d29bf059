#pragma once
#include <algorithm>

#include "index/chain/hash.h"

namespace amber::index {

/// The first 11 bytes of a script hash: the script's name in the tables (design section 3).
struct HashX {
    static constexpr std::size_t kSize = 11;
    std::array<std::uint8_t, kSize> bytes{};

    friend bool operator==(const HashX&, const HashX&) = default;
    /// Byte order; in words, because whole indexes are sorted by it.
    friend std::strong_ordering operator<=>(const HashX& a, const HashX& b) {
        if (const auto order = a.Word(0) <=> b.Word(0); order != 0) return order;
        return a.Word(kSize - 8) <=> b.Word(kSize - 8);  // overlaps; the overlap is equal
    }

private:
    [[nodiscard]] std::uint64_t Word(std::size_t at) const {
        std::uint64_t word;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        return __builtin_bswap64(word);
    }
};

inline HashX ToHashX(const ScriptHash& hash) {
    HashX x;
    std::copy_n(hash.bytes.begin(), HashX::kSize, x.bytes.begin());
    return x;
}

}  // namespace amber::index

template <>
struct std::hash<amber::index::HashX> {
    std::size_t operator()(const amber::index::HashX& x) const noexcept {
        std::size_t value;
        std::memcpy(&value, x.bytes.data(), sizeof value);
        return value;
    }
};
