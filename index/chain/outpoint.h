#pragma once
#include "index/chain/hash.h"

namespace amber::index {

/// Names one output of one transaction.
struct OutPoint {
    static constexpr std::uint32_t kCoinbaseIndex = 0xffffffff;

    Txid txid;
    std::uint32_t index = 0;

    friend auto operator<=>(const OutPoint&, const OutPoint&) = default;

    /// The null outpoint that the input of a coinbase names.
    [[nodiscard]] bool IsCoinbase() const { return index == kCoinbaseIndex && txid.IsZero(); }
};

}  // namespace amber::index

template <>
struct std::hash<amber::index::OutPoint> {
    std::size_t operator()(const amber::index::OutPoint& o) const noexcept {
        return std::hash<amber::index::Txid>{}(o.txid) + 0x9e3779b97f4a7c15ull * (o.index + 1ull);
    }
};
