#include "index/query/query.h"

#include <algorithm>
#include <charconv>

#include "index/chain/sha256.h"
#include "index/header_merkle.h"
#include "index/lookup.h"
#include "index/store/reader.h"
#include "index/tables/history_table.h"
#include "index/tables/txnum_table.h"
#include "index/tables/u_table.h"

namespace amber::index {

using store::Table;

namespace {

/// Adds "txid:height:" to the hash of a status (protocol.md 4.2).
void HashEntry(Sha256& hash, const HistoryEntry& entry) {
    char text[64 + 1 + 11 + 1];
    detail::WriteDisplayHex(entry.txid.bytes.data(), text);
    text[64] = ':';
    char* end = std::to_chars(text + 65, text + sizeof text, entry.height).ptr;
    *end++ = ':';
    hash.Update(
        {reinterpret_cast<const std::uint8_t*>(text), static_cast<std::size_t>(end - text)});
}

}  // namespace

/// Reads and reused iterators at the view's snapshot. Each cursor is made at its first use.
struct Query::Cursors {
    Cursors(store::Snapshot snapshot, store::Reach reach) : reader(std::move(snapshot), reach) {}

    store::Cursor& Of(Table table, std::optional<store::Cursor>& cursor) {
        if (!cursor) cursor.emplace(reader.Prefixed(table));
        return *cursor;
    }
    store::Reader reader;
    std::optional<store::Cursor> history, u, txnum;
};

Query::Query(ViewPtr view, store::Reach reach)
    : view_(std::move(view)), cursors_(std::make_unique<Cursors>(view_->snapshot, reach)) {}
Query::~Query() = default;
Query::Query(Query&&) noexcept = default;
Query& Query::operator=(Query&&) noexcept = default;

Balance Query::GetBalance(const ScriptHash& script) {
    const HashX hash_x = ToHashX(script);
    Balance balance;
    auto& u = cursors_->Of(Table::u, cursors_->u);
    const auto prefix = tables::UPrefix(hash_x);
    for (u.Seek(prefix); u.At(prefix); u.Next())
        balance.confirmed += tables::ReadURow(u.Key(), u.Value()).value;
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

QueryResult<std::vector<TxNum>> Query::ConfirmedOf(const HashX& hash_x, std::size_t limit) {
    std::vector<TxNum> nums;
    auto& history = cursors_->Of(Table::history, cursors_->history);
    const auto prefix = tables::HistoryPrefix(hash_x);
    for (history.Seek(prefix); history.At(prefix); history.Next()) {
        tables::ForEachInHistoryRow(history.Key(), history.Value(),
                                    [&](TxNum num) { nums.push_back(num); });
        if (nums.size() > limit) return QueryError::history_too_large;
    }
    return nums;
}

QueryResult<std::vector<HistoryEntry>> Query::GetHistory(const ScriptHash& script,
                                                         std::size_t limit) {
    const HashX hash_x = ToHashX(script);
    const auto nums = ConfirmedOf(hash_x, limit);
    if (!nums) return nums.error();
    std::vector<HistoryEntry> entries(nums->size());
    for (std::size_t i = 0; i < nums->size(); ++i) {
        const TxNum num = (*nums)[i];
        const Height height = view_->tx_counts.HeightOf(num);
        entries[i] = {ReadTxid(cursors_->reader, num), static_cast<std::int32_t>(height.value),
                      true, 0};
    }
    AppendMempool(hash_x, entries);
    if (entries.size() > limit) return QueryError::history_too_large;
    return entries;
}

void Query::AppendMempool(const HashX& hash_x, std::vector<HistoryEntry>& entries) const {
    const auto* unconfirmed = view_->mempool.OfScript(hash_x);
    if (!unconfirmed) return;
    for (const auto& tx : *unconfirmed)
        entries.push_back({tx->txid, tx->has_unconfirmed_inputs ? -1 : 0, false, tx->fee});
}

std::vector<HistoryEntry> Query::GetMempool(const ScriptHash& script) {
    std::vector<HistoryEntry> entries;
    AppendMempool(ToHashX(script), entries);
    return entries;
}

QueryResult<std::vector<Unspent>> Query::ListUnspent(const ScriptHash& script, std::size_t limit) {
    const HashX hash_x = ToHashX(script);
    std::vector<tables::URow> rows;
    auto& u = cursors_->Of(Table::u, cursors_->u);
    const auto prefix = tables::UPrefix(hash_x);
    for (u.Seek(prefix); u.At(prefix); u.Next()) {
        rows.push_back(tables::ReadURow(u.Key(), u.Value()));
        if (rows.size() > limit) return QueryError::history_too_large;
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

QueryResult<std::optional<StatusHash>> Query::GetStatus(const ScriptHash& script,
                                                        std::size_t limit) {
    const auto history = GetHistory(script, limit);
    if (!history) return history.error();
    if (history->empty()) return std::optional<StatusHash>();
    Sha256 hash;
    for (const HistoryEntry& entry : *history) HashEntry(hash, entry);
    StatusHash status;
    hash.Finish(status.bytes.data());
    return std::optional(status);
}

std::optional<Bytes> Query::GetHeader(Height height) {
    std::string value;
    const auto row = ReadHeader(cursors_->reader, height, value);
    if (!row) return std::nullopt;
    return Bytes(row->header.begin(), row->header.end());
}

std::vector<Bytes> Query::GetHeaders(Height start, std::size_t count) {
    std::vector<Bytes> headers;
    if (start.value >= view_->tx_counts.size()) return headers;
    headers.reserve(std::min<std::size_t>(count, view_->tx_counts.size() - start.value));
    auto cursor = cursors_->reader.Ordered(Table::header);
    for (cursor.Seek(tables::HeaderKey(start)); cursor.Valid() && headers.size() < count;
         cursor.Next()) {
        const auto header = tables::ReadHeaderRow(cursor.Value()).header;
        headers.emplace_back(header.begin(), header.end());
    }
    return headers;
}

std::optional<BlockHash> Query::GetBlockHash(Height height) {
    return ReadBlockHash(cursors_->reader, height);
}

MerkleProof Query::ProveHeader(Height height, Height checkpoint) {
    return ProveHeaderAt(cursors_->reader, height, checkpoint);
}

std::optional<TxPlace> Query::FindTransaction(const Txid& txid) {
    const auto num = FindTxNum(cursors_->reader, cursors_->Of(Table::txnum, cursors_->txnum), txid);
    if (!num) return std::nullopt;
    const Height height = view_->tx_counts.HeightOf(*num);
    return TxPlace{height,
                   static_cast<std::uint32_t>(num->value - view_->tx_counts.First(height).value)};
}

std::vector<Txid> Query::TxidsOfBlock(Height height) {
    const TxNum first = view_->tx_counts.First(height);
    const std::uint64_t end = view_->tx_counts.Through(height);
    return ReadTxids(cursors_->reader, first, end - first.value);
}

QueryResult<Txid> Query::GetTxid(TxPlace place) {
    if (place.height.value >= view_->tx_counts.size()) return QueryError::no_such_height;
    const TxNum num{view_->tx_counts.First(place.height).value + place.position};
    if (num.value >= view_->tx_counts.Through(place.height)) return QueryError::no_such_position;
    return ReadTxid(cursors_->reader, num);
}

QueryResult<std::vector<MerkleNode>> Query::GetBranch(TxPlace place) {
    if (place.height.value >= view_->tx_counts.size()) return QueryError::no_such_height;
    std::vector<MerkleNode> leaves;
    for (const Txid& txid : TxidsOfBlock(place.height))
        leaves.push_back(HashCast<MerkleNode>(txid));
    if (place.position >= leaves.size()) return QueryError::no_such_position;
    return ProveMerkle(std::move(leaves), place.position).branch;
}

QueryResult<TxProof> Query::ProveTransaction(const Txid& txid, std::optional<Height> height) {
    auto place = FindTransaction(txid);
    if (!place && !height) return QueryError::unknown_transaction;
    if (height && height->value >= view_->tx_counts.size()) return QueryError::no_such_height;
    if (!place) return QueryError::unknown_transaction;
    if (height && place->height != *height) {
        // Before BIP30 a txid could occur twice: the earlier one may be meant.
        place = FindInBlock(txid, *height);
        if (!place) return QueryError::not_in_block;
    }
    const auto branch = GetBranch(*place);
    if (!branch) return branch.error();
    return TxProof{*place, *branch};
}

std::optional<TxPlace> Query::FindInBlock(const Txid& txid, Height height) {
    const auto txids = TxidsOfBlock(height);
    const auto found = std::find(txids.begin(), txids.end(), txid);
    if (found == txids.end()) return std::nullopt;
    return TxPlace{height, static_cast<std::uint32_t>(found - txids.begin())};
}

}  // namespace amber::index
