#pragma once
#include "index/chain/outpoint.h"
#include "index/chain/transaction.h"
#include "index/tables/row_bytes.h"

// h: txid prefix (5), output index (3), TxNum (5) -> hashX (11), value in satoshis (varint)
// Unspent outputs by outpoint: all that spending one needs, in one look-up. On disk: frozen.
namespace amber::index::tables {

inline constexpr std::size_t kHKeySize = kTxidPrefixSize + kOutputIndexSize + kTxNumSize;

inline FixedKey<kHKeySize> HPrefix(const OutPoint& outpoint) {
    return FixedKey<kHKeySize>()
        .Raw(outpoint.txid.bytes.data(), kTxidPrefixSize)
        .Int<kOutputIndexSize>(outpoint.index);
}
inline FixedKey<kHKeySize> HKey(const OutPoint& outpoint, TxNum num) {
    return HPrefix(outpoint).Int<kTxNumSize>(num.value);
}
inline TxNum ReadHKey(std::string_view key) {
    RowReader row(key);
    row.Raw(kTxidPrefixSize + kOutputIndexSize);
    return {row.Int<kTxNumSize>()};
}

inline std::string HValue(const HashX& hash_x, Amount value) {
    std::string bytes(reinterpret_cast<const char*>(hash_x.bytes.data()), HashX::kSize);
    AppendVarInt(bytes, static_cast<std::uint64_t>(value));
    return bytes;
}
struct HRow {
    HashX hash_x;
    Amount value;
};
inline HRow ReadHValue(std::string_view value) {
    RowReader row(value);
    const HashX hash_x = row.Script();
    return {hash_x, static_cast<Amount>(row.VarInt())};
}

}  // namespace amber::index::tables
