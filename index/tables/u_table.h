#pragma once
#include "index/chain/transaction.h"
#include "index/tables/row_bytes.h"

// u: hashX (11), TxNum (5), output index (3) -> value in satoshis (varint)
// Unspent outputs by script, in the order in which wallets list them. On disk: frozen.
namespace amber::index::tables {

inline constexpr std::size_t kUKeySize = HashX::kSize + kTxNumSize + kOutputIndexSize;

inline FixedKey<kUKeySize> UPrefix(const HashX& hash_x) {
    return FixedKey<kUKeySize>().Raw(hash_x.bytes.data(), HashX::kSize);
}
inline FixedKey<kUKeySize> UKey(const HashX& hash_x, TxNum num, std::uint32_t index) {
    return UPrefix(hash_x).Int<kTxNumSize>(num.value).Int<kOutputIndexSize>(index);
}
inline FixedKey<kAmountSizeMax> UValue(Amount value) {
    FixedKey<kAmountSizeMax> bytes;
    bytes.VarInt(static_cast<std::uint64_t>(value));
    return bytes;
}

struct URow {
    TxNum num;
    std::uint32_t index;
    Amount value;
};
inline URow ReadURow(std::string_view key, std::string_view value) {
    RowReader row(key);
    row.Raw(HashX::kSize);
    const TxNum num{row.Int<kTxNumSize>()};
    const auto index = static_cast<std::uint32_t>(row.Int<kOutputIndexSize>());
    return {num, index, static_cast<Amount>(RowReader(value).VarInt())};
}

}  // namespace amber::index::tables
