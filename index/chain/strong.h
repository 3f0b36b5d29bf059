#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace amber::index {

/// A number that mixes only with its own kind.
template <class Tag, class Rep>
struct Strong {
    Rep value{};
    friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
};

/// Distance of a block from the genesis block, which has height 0.
using Height = Strong<struct HeightTag, std::uint32_t>;
/// Place of a transaction in the whole chain; the genesis coinbase has number 0.
using TxNum = Strong<struct TxNumTag, std::uint64_t>;

constexpr Height Next(Height h) { return {h.value + 1}; }

}  // namespace amber::index

template <class Tag, class Rep>
struct std::hash<amber::index::Strong<Tag, Rep>> {
    std::size_t operator()(const amber::index::Strong<Tag, Rep>& s) const noexcept {
        return std::hash<Rep>{}(s.value);
    }
};
