#pragma once
#include "index/chain/bytes.h"
#include "index/tables/row_bytes.h"

// header: height (4) -> transactions in the chain up to and including this block (5), header bytes
// On disk: frozen.
namespace amber::index::tables {

inline FixedKey<4> HeaderKey(Height height) { return FixedKey<4>().Int<4>(height.value); }

inline std::string HeaderValue(std::uint64_t tx_count, ByteView header) {
    std::string value(FixedKey<kTxNumSize>().Int<kTxNumSize>(tx_count).View());
    value.append(reinterpret_cast<const char*>(header.data()), header.size());
    return value;
}

struct HeaderRow {
    std::uint64_t tx_count;
    ByteView header;  ///< points into the value
};
inline HeaderRow ReadHeaderRow(std::string_view value) {
    RowReader row(value);
    const auto tx_count = row.Int<kTxNumSize>();
    const auto header = row.Rest();
    return {tx_count, {reinterpret_cast<const std::uint8_t*>(header.data()), header.size()}};
}

}  // namespace amber::index::tables
