#pragma once
#include "index/chain/hash.h"
#include "index/tables/row_bytes.h"

// txid: TxNum (5) -> txid (32)
// On disk: frozen.
namespace amber::index::tables {

inline FixedKey<kTxNumSize> TxidKey(TxNum num) {
    return FixedKey<kTxNumSize>().Int<kTxNumSize>(num.value);
}

inline Txid ReadTxid(std::string_view value) {
    Txid txid;
    std::memcpy(txid.bytes.data(), RowReader(value).Raw(txid.bytes.size()).data(), txid.bytes.size());
    return txid;
}

}  // namespace amber::index::tables
