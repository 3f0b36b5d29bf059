#pragma once
#include <algorithm>

#include "index/chain/hash.h"

namespace amber::index {

/// The first 11 bytes of a script hash: the script's name in the tables (design section 3).
struct HashX {
    static constexpr std::size_t kSize = 11;
    std::array<std::uint8_t, kSize> bytes{};

    friend auto operator<=>(const HashX&, const HashX&) = default;
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
