#pragma once
#include "index/chain/outpoint.h"
#include "index/chain/transaction.h"
#include "index/tables/row_bytes.h"

// h: txid prefix (5), output index (3), TxNum (5) -> hashX (11), value in satoshis (varint)
// Unspent outputs by outpoint: all that spending one needs, in one look-up. On disk: frozen.
namespace amber::index::tables {

inline constexpr std::size_t kHKeySize = kTxidPrefixSize + kOutputIndexSize + kTxNumSize;

/// `txid`: at least its first kTxidPrefixSize bytes.
inline FixedKey<kHKeySize> HPrefix(const std::uint8_t* txid, std::uint32_t index) {
    return FixedKey<kHKeySize>().Raw(txid, kTxidPrefixSize).Int<kOutputIndexSize>(index);
}
inline FixedKey<kHKeySize> HPrefix(const OutPoint& outpoint) {
    return HPrefix(outpoint.txid.bytes.data(), outpoint.index);
}
inline FixedKey<kHKeySize> HKey(const std::uint8_t* txid, std::uint32_t index, TxNum num) {
    auto key = HPrefix(txid, index);
    key.Int<kTxNumSize>(num.value);
    return key;
}
inline FixedKey<kHKeySize> HKey(const OutPoint& outpoint, TxNum num) {
    return HKey(outpoint.txid.bytes.data(), outpoint.index, num);
}
inline TxNum ReadHKey(std::string_view key) {
    RowReader row(key);
    row.Raw(kTxidPrefixSize + kOutputIndexSize);
    return {row.Int<kTxNumSize>()};
}

inline FixedKey<HashX::kSize + kAmountSizeMax> HValue(const HashX& hash_x, Amount value) {
    FixedKey<HashX::kSize + kAmountSizeMax> bytes;
    bytes.Raw(hash_x.bytes.data(), HashX::kSize).VarInt(static_cast<std::uint64_t>(value));
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
