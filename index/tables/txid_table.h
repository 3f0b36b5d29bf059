#pragma once
#include "index/chain/hash.h"
#include "index/tables/row_bytes.h"

// txid: TxNum (5) -> txid (32)
// On disk: frozen.
namespace amber::index::tables {

inline FixedKey<kTxNumSize> TxidKey(TxNum num) {
    return FixedKey<kTxNumSize>().Int<kTxNumSize>(num.value);
}

inline Txid ReadTxid(std::string_view value) { return RowReader(value).Hash<Txid>(); }

}  // namespace amber::index::tables
