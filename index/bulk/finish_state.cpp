#include "index/bulk/finish_state.h"

namespace amber::index::bulk {

std::string FinishState::Encode() const {
    std::string bytes(1, begun ? '\1' : '\0');
    for (const std::uint64_t number :
         {ranges, matched, utxo_count, work, work_done, std::uint64_t{written.size()}})
        tables::AppendVarInt(bytes, number);
    for (const std::uint64_t step : written) tables::AppendVarInt(bytes, step);
    tables::AppendVarInt(bytes, files.size());
    for (const auto& [table, name] : files) {
        bytes += static_cast<char>(table);
        tables::AppendVarInt(bytes, name.size());
        bytes += name;
    }
    return bytes;
}

FinishState FinishState::Decode(tables::RowReader& in) {
    FinishState state;
    state.begun = in.Int<1>() != 0;
    state.ranges = in.VarInt();
    state.matched = in.VarInt();
    state.utxo_count = in.VarInt();
    state.work = in.VarInt();
    state.work_done = in.VarInt();
    for (std::uint64_t left = in.VarInt(); left > 0; --left) state.written.push_back(in.VarInt());
    for (std::uint64_t left = in.VarInt(); left > 0; --left) {
        const auto table = static_cast<store::Table>(in.Int<1>());
        state.files.push_back({table, std::string(in.Raw(in.VarInt()))});
    }
    return state;
}

}  // namespace amber::index::bulk
