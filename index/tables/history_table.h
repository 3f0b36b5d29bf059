#pragma once
#include <span>
#include <vector>

#include "index/tables/row_bytes.h"

// history: hashX (11), first TxNum (5) -> distance of each further TxNum from the one before it
//                                         (varint each; empty for a row of one)
// The transactions that fund or spend a script, in chain order. Rows of one script are disjoint and
// in order, however many there are; a row never crosses the border of the undo window, and within
// the window holds one block. On disk: frozen.
namespace amber::index::tables {

inline constexpr std::size_t kHistoryKeySize = HashX::kSize + kTxNumSize;

inline FixedKey<kHistoryKeySize> HistoryPrefix(const HashX& hash_x) {
    return FixedKey<kHistoryKeySize>().Raw(hash_x.bytes.data(), HashX::kSize);
}
inline FixedKey<kHistoryKeySize> HistoryKey(const HashX& hash_x, TxNum first) {
    return HistoryPrefix(hash_x).Int<kTxNumSize>(first.value);
}
inline TxNum ReadHistoryFirst(std::string_view key) {
    RowReader row(key);
    row.Raw(HashX::kSize);
    return {row.Int<kTxNumSize>()};
}
inline HashX ReadHistoryScript(std::string_view key) { return RowReader(key).Script(); }

/// Calls visit(TxNum) for each entry of a row, in order.
template <class Visit>
void ForEachInHistoryRow(std::string_view key, std::string_view value, Visit&& visit) {
    std::uint64_t num = ReadHistoryFirst(key).value;
    visit(TxNum{num});
    for (RowReader rest(value); !rest.Done();) visit(TxNum{num += rest.VarInt()});
}

}  // namespace amber::index::tables
