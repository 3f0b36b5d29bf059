#pragma once
#include "index/tables/row_bytes.h"

// spender: funding TxNum (5), output index (3) -> spending TxNum (5)
// Which transaction spent an output. On disk: frozen.
namespace amber::index::tables {

inline constexpr std::size_t kSpenderKeySize = kTxNumSize + kOutputIndexSize;

inline FixedKey<kSpenderKeySize> SpenderKey(TxNum funder, std::uint32_t index) {
    return FixedKey<kSpenderKeySize>().Int<kTxNumSize>(funder.value).Int<kOutputIndexSize>(index);
}
inline FixedKey<kTxNumSize> SpenderValue(TxNum spender) {
    return FixedKey<kTxNumSize>().Int<kTxNumSize>(spender.value);
}
inline TxNum ReadSpenderFunder(std::string_view key) { return {RowReader(key).Int<kTxNumSize>()}; }
inline TxNum ReadSpenderValue(std::string_view value) {
    return {RowReader(value).Int<kTxNumSize>()};
}

}  // namespace amber::index::tables
