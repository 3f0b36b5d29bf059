#include "index/tables/meta_table.h"

namespace amber::index::tables {

namespace {

template <class Hash>
void AppendHash(std::string& out, const Hash& hash) {
    out.append(reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size());
}

}  // namespace

std::string EncodeState(const StateRecord& state) {
    std::string value(FixedKey<4>().Int<4>(state.format_version).View());
    AppendHash(value, state.genesis);
    value += FixedKey<9>().Int<8>(state.utxo_count).Int<1>(state.tip.has_value()).View();
    if (!state.tip) return value;
    value += FixedKey<4>().Int<4>(state.tip->height.value).View();
    AppendHash(value, state.tip->hash);
    value += FixedKey<kTxNumSize>().Int<kTxNumSize>(state.tip->tx_count).View();
    return value;
}

StateRecord DecodeState(std::string_view value) {
    RowReader row(value);
    StateRecord state;
    state.format_version = static_cast<std::uint32_t>(row.Int<4>());
    if (state.format_version != kFormatVersion) return state;
    state.genesis = row.Hash<BlockHash>();
    state.utxo_count = row.Int<8>();
    if (row.Int<1>() == 0) return state;
    Tip tip;
    tip.height = {static_cast<std::uint32_t>(row.Int<4>())};
    tip.hash = row.Hash<BlockHash>();
    tip.tx_count = row.Int<kTxNumSize>();
    state.tip = tip;
    return state;
}

}  // namespace amber::index::tables
