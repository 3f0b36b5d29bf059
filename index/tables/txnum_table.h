#pragma once
#include "index/chain/hash.h"
#include "index/tables/row_bytes.h"

// txnum: txid prefix (5), TxNum (5) -> empty
// Finds a transaction by its txid with no txindex in the node. On disk: frozen.
namespace amber::index::tables {

inline constexpr std::size_t kTxNumKeySize = kTxidPrefixSize + kTxNumSize;

inline FixedKey<kTxNumKeySize> TxNumPrefix(const Txid& txid) {
    return FixedKey<kTxNumKeySize>().Raw(txid.bytes.data(), kTxidPrefixSize);
}
inline FixedKey<kTxNumKeySize> TxNumKey(const Txid& txid, TxNum num) {
    return TxNumPrefix(txid).Int<kTxNumSize>(num.value);
}
inline TxNum ReadTxNumKey(std::string_view key) {
    RowReader row(key);
    row.Raw(kTxidPrefixSize);
    return {row.Int<kTxNumSize>()};
}

}  // namespace amber::index::tables
