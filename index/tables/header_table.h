#pragma once
#include "index/chain/bytes.h"
#include "index/chain/hash.h"
#include "index/tables/row_bytes.h"

// header: height (4) -> transactions in the chain up to and including this block (5),
//                       block hash (32), header bytes
// On disk: frozen.
namespace amber::index::tables {

inline FixedKey<4> HeaderKey(Height height) { return FixedKey<4>().Int<4>(height.value); }

struct HeaderRow {
    std::uint64_t tx_count = 0;
    BlockHash hash;
    ByteView header;  ///< of a row read: points into the value
};

inline std::string HeaderValue(const HeaderRow& row) {
    std::string value(FixedKey<kTxNumSize>().Int<kTxNumSize>(row.tx_count).View());
    value.append(reinterpret_cast<const char*>(row.hash.bytes.data()), row.hash.bytes.size());
    value.append(reinterpret_cast<const char*>(row.header.data()), row.header.size());
    return value;
}
inline HeaderRow ReadHeaderRow(std::string_view value) {
    RowReader reader(value);
    HeaderRow row;
    row.tx_count = reader.Int<kTxNumSize>();
    row.hash = reader.Hash<BlockHash>();
    const auto header = reader.Rest();
    row.header = {reinterpret_cast<const std::uint8_t*>(header.data()), header.size()};
    return row;
}

}  // namespace amber::index::tables
