#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace amber::index::store {

/// The column families. Their rows are described in index/tables/. The numbers are written into
/// undo records: frozen.
enum class Table : std::uint8_t {
    meta = 0,
    header = 1,
    header_merkle = 2,
    txid = 3,
    txnum = 4,
    h = 5,
    u = 6,
    history = 7,
    spender = 8,
    undo = 9,
};
inline constexpr std::size_t kTableCount = 10;

constexpr std::array<Table, kTableCount> AllTables() {
    return {Table::meta, Table::header, Table::header_merkle, Table::txid,    Table::txnum,
            Table::h,    Table::u,      Table::history,       Table::spender, Table::undo};
}

/// Name of the column family on disk: frozen.
constexpr std::string_view Name(Table table) {
    constexpr std::string_view names[kTableCount] = {
        "meta", "header", "header_merkle", "txid", "txnum", "h", "u", "history", "spender", "undo"};
    return names[static_cast<std::size_t>(table)];
}

}  // namespace amber::index::store
