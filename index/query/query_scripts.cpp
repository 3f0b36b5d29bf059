// What is asked about one script.
#include <algorithm>
#include <charconv>

#include "index/chain/sha256.h"
#include "index/lookup.h"
#include "index/query/cursors.h"
#include "index/tables/history_table.h"
#include "index/tables/u_table.h"

namespace amber::index {

using store::Table;

namespace {

/// Histories as short as this are hashed anew; a state kept is not worth its memory.
constexpr std::uint64_t kKeptFrom = 100;

/// Adds "txid:height:" to the hash of a status (protocol.md 4.2).
void HashEntry(Sha256& hash, const Txid& txid, std::int32_t height) {
    char text[64 + 1 + 11 + 1];
    detail::WriteDisplayHex(txid.bytes.data(), text);
    text[64] = ':';
    char* end = std::to_chars(text + 65, text + sizeof text, height).ptr;
    *end++ = ':';
    hash.Update(
        {reinterpret_cast<const std::uint8_t*>(text), static_cast<std::size_t>(end - text)});
}

}  // namespace

Balance Query::GetBalance(const ScriptHash& script) {
    const HashX hash_x = ToHashX(script);
    Balance balance;
    auto& u = cursors_->Of(Table::u, cursors_->u);
    const auto prefix = tables::UPrefix(hash_x);
    std::size_t rows = 0;
    for (u.Seek(prefix); u.At(prefix); u.Next()) {
        balance.confirmed += tables::ReadURow(u.Key(), u.Value()).value;
        cursors_->CheckLength(++rows);
    }
    const auto* unconfirmed = view_->mempool.OfScript(hash_x);
    if (!unconfirmed) return balance;
    for (const auto& tx : *unconfirmed) {
        for (const auto& output : tx->outputs)
            if (output.indexed && output.hash_x == hash_x) balance.unconfirmed += output.value;
        for (const auto& input : tx->inputs)
            if (input.indexed && input.hash_x == hash_x) balance.unconfirmed -= input.value;
    }
    return balance;
}

void Query::SeekHistory(const HashX& hash_x, TxNum first) {
    auto& history = cursors_->Of(Table::history, cursors_->history);
    const auto prefix = tables::HistoryPrefix(hash_x);
    if (first.value == 0) return history.Seek(prefix);
    // The row that holds it may begin below it.
    if (!cursors_->history_back)
        cursors_->history_back.emplace(cursors_->reader.Ordered(Table::history));
    auto& back = *cursors_->history_back;
    const auto key = tables::HistoryKey(hash_x, first);
    back.SeekBack(key);
    history.Seek(back.At(prefix) ? back.Key() : key.View());
}

QueryResult<std::vector<TxNum>> Query::ConfirmedOf(const HashX& hash_x, const HistoryRange& range,
                                                   std::size_t limit) {
    const auto& counts = view_->tx_counts;
    const Height end = std::min(range.end.value_or(Height{counts.size()}), Height{counts.size()});
    std::vector<TxNum> nums;
    if (range.begin >= end) return nums;
    const TxNum first = counts.First(range.begin);
    const TxNum past{counts.Through({end.value - 1})};
    SeekHistory(hash_x, first);
    auto& history = *cursors_->history;
    const auto prefix = tables::HistoryPrefix(hash_x);
    for (bool more = true; more && history.At(prefix); history.Next()) {
        tables::ForEachInHistoryRow(history.Key(), history.Value(), [&](TxNum num) {
            if (num >= first && num < past) nums.push_back(num);
            more = num < past;
        });
        if (nums.size() > limit) return QueryError::history_too_large;
        cursors_->CheckLength(nums.size());
    }
    return nums;
}

QueryResult<void> Query::VisitHistory(const ScriptHash& script, const HistoryRange& range,
                                      std::size_t limit, const HistoryVisitor& visit) {
    const HashX hash_x = ToHashX(script);
    const auto nums = ConfirmedOf(hash_x, range, limit);
    if (!nums) return nums.error();
    const auto unconfirmed = range.end ? std::vector<HistoryEntry>() : GetMempool(script);
    if (nums->size() + unconfirmed.size() > limit) return QueryError::history_too_large;
    for (const TxNum num : *nums) {
        const Height height = view_->tx_counts.HeightOf(num);
        visit({ReadTxid(cursors_->reader, num), static_cast<std::int32_t>(height.value), true, 0});
    }
    for (const HistoryEntry& entry : unconfirmed) visit(entry);
    return {};
}

std::vector<HistoryEntry> Query::GetMempool(const ScriptHash& script) {
    std::vector<HistoryEntry> entries;
    const auto* unconfirmed = view_->mempool.OfScript(ToHashX(script));
    if (!unconfirmed) return entries;
    for (const auto& tx : *unconfirmed) entries.push_back({tx->txid, tx->Height(), false, tx->fee});
    return entries;
}

std::optional<HistoryEntry> Query::GetFirstUse(const ScriptHash& script) {
    const HashX hash_x = ToHashX(script);
    const auto prefix = tables::HistoryPrefix(hash_x);
    SeekHistory(hash_x, {0});
    if (cursors_->history->At(prefix)) {
        const TxNum num = tables::ReadHistoryFirst(cursors_->history->Key());
        const Height height = view_->tx_counts.HeightOf(num);
        return HistoryEntry{ReadTxid(cursors_->reader, num),
                            static_cast<std::int32_t>(height.value), true, 0};
    }
    const auto* unconfirmed = view_->mempool.OfScript(hash_x);
    if (!unconfirmed) return std::nullopt;
    const MempoolTx& first = *unconfirmed->front();
    return HistoryEntry{first.txid, first.Height(), false, first.fee};
}

QueryResult<std::vector<Unspent>> Query::ListUnspent(const ScriptHash& script, std::size_t limit) {
    const HashX hash_x = ToHashX(script);
    std::vector<tables::URow> rows;
    auto& u = cursors_->Of(Table::u, cursors_->u);
    const auto prefix = tables::UPrefix(hash_x);
    for (u.Seek(prefix); u.At(prefix); u.Next()) {
        rows.push_back(tables::ReadURow(u.Key(), u.Value()));
        if (rows.size() > limit) return QueryError::history_too_large;
        cursors_->CheckLength(rows.size());
    }
    std::vector<Unspent> unspent;
    unspent.reserve(rows.size());
    for (const auto& row : rows) {
        const Txid txid = ReadTxid(cursors_->reader, row.num);
        if (view_->mempool.Spender({txid, row.index})) continue;
        unspent.push_back({txid, row.index, view_->tx_counts.HeightOf(row.num).value, row.value});
    }
    const auto* unconfirmed = view_->mempool.OfScript(hash_x);
    if (!unconfirmed) return unspent;
    for (const auto& tx : *unconfirmed) {
        for (std::uint32_t i = 0; i < tx->outputs.size(); ++i) {
            const auto& output = tx->outputs[i];
            if (output.indexed && output.hash_x == hash_x && !view_->mempool.Spender({tx->txid, i}))
                unspent.push_back({tx->txid, i, 0, output.value});
        }
    }
    if (unspent.size() > limit) return QueryError::history_too_large;
    return unspent;
}

std::optional<StatusHash> Query::GetStatus(const ScriptHash& script) {
    const HashX hash_x = ToHashX(script);
    StatusState state = HashConfirmed(hash_x);
    if (const auto* unconfirmed = view_->mempool.OfScript(hash_x)) {
        for (const auto& tx : *unconfirmed) HashEntry(state.hash, tx->txid, tx->Height());
        state.entries += unconfirmed->size();
    }
    if (state.entries == 0) return std::nullopt;
    StatusHash status;
    state.hash.Finish(status.bytes.data());
    return status;
}

StatusState Query::FurthestState(const HashX& hash_x) {
    auto states = view_->kept->statuses.Find(hash_x);
    for (; !states.empty(); states.pop_back()) {
        const StatusState& state = states.back();
        if (state.height <= view_->tip.height && GetBlockHash(state.height) == state.block)
            return state;
    }
    return {};
}

StatusState Query::HashConfirmed(const HashX& hash_x) {
    const Height tip = view_->tip.height;
    StatusStates& kept = view_->kept->statuses;
    std::unique_lock<std::mutex> turn;
    StatusState state = FurthestState(hash_x);
    if (state.entries == 0) {
        // Most scripts are used a few times: one walk does, and nothing is kept.
        StatusState all = state;
        if (HashUpTo(tip, kKeptFrom, hash_x, all)) return all;
    }
    Height base = state.height;
    std::vector<Height> stops{tip};
    // What a reorganisation will hardly ever undo is kept apart.
    if (tip.value > StatusStates::kDepth)
        stops.insert(stops.begin(), {tip.value - StatusStates::kDepth});
    for (const Height stop : stops) {
        while (state.end.value < view_->tx_counts.Through(stop)) {
            if (HashUpTo(stop, turn ? SIZE_MAX : Cursors::kRowsInPlace, hash_x, state)) break;
            if (cursors_->reach == store::Reach::memory) throw store::NotInMemory();
            // It is long: whoever else is at it may be done by the time it is our turn.
            turn = kept.TakeTurn(hash_x);
            const StatusState other = FurthestState(hash_x);
            if (other.end <= state.end) continue;
            state = other;
            base = state.height;
        }
        if (state.height == base || state.entries < kKeptFrom) continue;
        state.block = *GetBlockHash(stop);
        kept.Keep(hash_x, base, state);
        base = state.height;
    }
    return state;
}

bool Query::HashUpTo(Height stop, std::size_t max, const HashX& hash_x, StatusState& state) {
    const TxNum past{view_->tx_counts.Through(stop)};
    const auto prefix = tables::HistoryPrefix(hash_x);
    auto& history = cursors_->Of(Table::history, cursors_->history);
    history.Seek(tables::HistoryKey(hash_x, state.row));
    bool more = true;
    for (; more && history.At(prefix); history.Next()) {
        const TxNum row = tables::ReadHistoryFirst(history.Key());
        tables::ForEachInHistoryRow(history.Key(), history.Value(), [&](TxNum num) {
            more = more && num < past && max > 0;
            if (!more || num < state.end) return;
            const Height height = view_->tx_counts.HeightOf(num);
            HashEntry(state.hash, ReadTxid(cursors_->reader, num),
                      static_cast<std::int32_t>(height.value));
            state.end = {num.value + 1};
            state.row = row;
            ++state.entries;
            --max;
        });
    }
    if (max == 0) return false;
    state.end = past;
    state.height = stop;
    return true;
}

}  // namespace amber::index
