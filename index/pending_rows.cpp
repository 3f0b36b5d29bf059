#include "index/pending_rows.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "index/chain/hex.h"
#include "index/fatal_error.h"
#include "index/lookup.h"
#include "index/store/bulk_load.h"
#include "index/tables/txid_table.h"
#include "index/tables/txnum_table.h"
#include "index/tables/undo_table.h"

namespace amber::index {

using store::Table;

namespace {

ByteView AsBytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

class BatchSink : public store::RowSink {
public:
    BatchSink(store::Batch& batch, Table table) : batch_(batch), table_(table) {}
    void Put(std::string_view key, std::string_view value) override {
        batch_.Put(table_, key, value);
    }
    void Delete(std::string_view key) override { batch_.Delete(table_, key); }

private:
    store::Batch& batch_;
    Table table_;
};

void EmitState(store::RowSink& rows, const tables::StateRecord& state, TxNum settled) {
    static_assert(store::Store::kSettledCountKey < tables::kStateKey);
    rows.Put(store::Store::kSettledCountKey, store::Store::SettledCountValue(settled.value));
    rows.Put(tables::kStateKey, tables::EncodeState(state));
}

/// One change to `h` or `u`, ready to be sorted.
template <class Key>
struct UnspentChange {
    Key key;
    HashX hash_x;
    Amount value = 0;  ///< negative: delete
};
template <class Key>
void SortByKey(std::vector<UnspentChange<Key>>& changes) {
    std::sort(changes.begin(), changes.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
}

}  // namespace

void PendingRows::Put(Table table, std::string_view key, std::string_view value) {
    auto& rows = table == Table::header ? headers_ : header_nodes_;
    rows.push_back({std::string(key), std::string(value)});
    row_bytes_ += sizeof(Row) + key.size() + value.size();
}

void PendingRows::AddSpender(TxNum funder, std::uint32_t index, TxNum spender) {
    spends_.push_back({tables::SpenderKey(funder, index), spender});
}

void PendingRows::AddHistory(const std::vector<ScriptUse>& uses) {
    history_.insert(history_.end(), uses.begin(), uses.end());
}

void PendingRows::AddHistoryRow(std::string_view key, std::string_view value) {
    history_rows_.push_back({std::string(key), std::string(value)});
    row_bytes_ += sizeof(Row) + value.size();
}

void PendingRows::DeleteUnspent(const OutPoint& outpoint, const UnspentOutput& output) {
    deleted_.push_back({tables::HKey(outpoint, output.num),
                        tables::UKey(output.hash_x, output.num, output.index)});
}

bool PendingRows::Deletes(const OutPoint& outpoint, const UnspentOutput& output) const {
    const auto key = tables::HKey(outpoint, output.num);
    return std::any_of(deleted_.begin(), deleted_.end(),
                       [&](const Deleted& deleted) { return deleted.h == key; });
}

void PendingRows::AddUndo(Height height, std::string value) {
    row_bytes_ += value.size();
    undo_[height.value] = std::move(value);
}

void PendingRows::DropUndo(Height height) {
    if (const auto pending = undo_.find(height.value); pending != undo_.end()) {
        row_bytes_ -= pending->second.size();
        undo_.erase(pending);
    } else {
        dropped_undo_.push_back(height.value);
    }
}

std::size_t PendingRows::MemoryBytes() const {
    // Sorting `h` and `u` for the write copies them once more.
    const std::size_t scratch = unspent_.size() * 2 * sizeof(UnspentChange<tables::FixedKey<19>>);
    return unspent_.MemoryBytes() + scratch + row_bytes_ + txids_.capacity() * (sizeof(Txid) + 11) +
           spends_.capacity() * sizeof(Spend) + history_.capacity() * sizeof(ScriptUse) +
           deleted_.capacity() * sizeof(Deleted);
}

std::size_t PendingRows::RowCount() const {
    return 2 * (txids_.size() + unspent_.size() + deleted_.size()) + spends_.size() +
           history_.size() + history_rows_.size();
}

void PendingRows::EmitTxids(store::RowSink& rows, const Settled& settled) const {
    for (TxNum num = settled.before; num < std::min(settled.after, first_num_); ++num.value)
        rows.Delete(tables::TxidKey(num));
    for (TxNum num = std::max(settled.after, first_num_);
         num.value < first_num_.value + txids_.size(); ++num.value) {
        const Txid& txid = txids_[num.value - first_num_.value];
        rows.Put(tables::TxidKey(num), {reinterpret_cast<const char*>(txid.bytes.data()), 32});
    }
}

void PendingRows::EmitTxNums(store::RowSink& rows) const {
    using Key = decltype(tables::TxNumKey({}, {}));
    std::vector<Key> keys;
    keys.reserve(txids_.size());
    TxNum num = first_num_;
    for (const Txid& txid : txids_) {
        keys.push_back(tables::TxNumKey(txid, num));
        ++num.value;
    }
    std::sort(keys.begin(), keys.end());
    for (const Key& key : keys) rows.Put(key, {});
}

void PendingRows::EmitH(store::RowSink& rows) const {
    std::vector<UnspentChange<tables::FixedKey<tables::kHKeySize>>> changes;
    changes.reserve(unspent_.size() + deleted_.size());
    unspent_.ForEach([&](const UtxoCache::TxidHead& txid, const UnspentOutput& output) {
        changes.push_back(
            {tables::HKey(txid.data(), output.index, output.num), output.hash_x, output.value});
    });
    for (const Deleted& deleted : deleted_) changes.push_back({deleted.h, {}, -1});
    SortByKey(changes);
    const auto twice =
        std::adjacent_find(changes.begin(), changes.end(),
                           [](const auto& a, const auto& b) { return a.key == b.key; });
    if (twice != changes.end())
        throw FatalError(
            "an output (row " + ToHex(AsBytes(twice->key)) +
            ") was spent twice: the node sent a wrong block, or the database is damaged. "
            "Restart; if it happens again, delete the database and sync again");
    for (const auto& change : changes) {
        if (change.value < 0)
            rows.Delete(change.key);
        else
            rows.Put(change.key, tables::HValue(change.hash_x, change.value));
    }
}

void PendingRows::EmitU(store::RowSink& rows) const {
    std::vector<UnspentChange<tables::FixedKey<tables::kUKeySize>>> changes;
    changes.reserve(unspent_.size() + deleted_.size());
    unspent_.ForEach([&](const UtxoCache::TxidHead&, const UnspentOutput& output) {
        changes.push_back(
            {tables::UKey(output.hash_x, output.num, output.index), {}, output.value});
    });
    for (const Deleted& deleted : deleted_) changes.push_back({deleted.u, {}, -1});
    SortByKey(changes);
    for (const auto& change : changes) {
        if (change.value < 0)
            rows.Delete(change.key);
        else
            rows.Put(change.key, tables::UValue(change.value));
    }
}

void PendingRows::EmitHistory(store::RowSink& rows) {
    std::sort(history_.begin(), history_.end());
    std::sort(history_rows_.begin(), history_rows_.end(),
              [](const Row& a, const Row& b) { return a.key < b.key; });
    auto ready = history_rows_.begin();
    PackHistory(history_, [&](std::string_view key, std::string_view value) {
        for (; ready != history_rows_.end() && ready->key < key; ++ready)
            rows.Put(ready->key, ready->value);
        rows.Put(key, value);
    });
    for (; ready != history_rows_.end(); ++ready) rows.Put(ready->key, ready->value);
}

void PendingRows::EmitSpenders(store::RowSink& rows) {
    std::sort(spends_.begin(), spends_.end(),
              [](const Spend& a, const Spend& b) { return a.key < b.key; });
    for (const Spend& spend : spends_) rows.Put(spend.key, tables::SpenderValue(spend.spender));
}

void PendingRows::EmitUndo(store::RowSink& rows) const {
    // Dropped rows are all older than the pending ones.
    for (std::uint32_t height : dropped_undo_) rows.Delete(tables::UndoKey({height}));
    for (const auto& [height, value] : undo_) rows.Put(tables::UndoKey({height}), value);
}

void PendingRows::Emit(Table table, store::RowSink& rows, const Settled& settled) {
    switch (table) {
        case Table::meta:
            return;  // see EmitState
        case Table::header:
            for (const Row& row : headers_) rows.Put(row.key, row.value);
            return;
        case Table::header_merkle:
            std::sort(header_nodes_.begin(), header_nodes_.end(),
                      [](const Row& a, const Row& b) { return a.key < b.key; });
            for (const Row& row : header_nodes_) rows.Put(row.key, row.value);
            return;
        case Table::txid:
            return EmitTxids(rows, settled);
        case Table::txnum:
            return EmitTxNums(rows);
        case Table::h:
            return EmitH(rows);
        case Table::u:
            return EmitU(rows);
        case Table::history:
            return EmitHistory(rows);
        case Table::spender:
            return EmitSpenders(rows);
        case Table::undo:
            return EmitUndo(rows);
    }
}

store::Batch PendingRows::MakeBatch(const store::Store& store, const tables::StateRecord& state,
                                    const Settled& settled) {
    store::Batch batch(store);
    for (Table table : store::AllTables()) {
        BatchSink sink(batch, table);
        Emit(table, sink, settled);
    }
    BatchSink meta(batch, Table::meta);
    EmitState(meta, state, settled.after);
    return batch;
}

void PendingRows::WriteFiles(store::Store& store, const tables::StateRecord& state,
                             const Settled& settled) {
    store::BulkLoad load(store);
    // Longest first, so that the threads end together.
    static constexpr Table kOrder[] = {Table::history, Table::u,      Table::h,
                                       Table::txnum,   Table::txid,   Table::spender,
                                       Table::undo,    Table::header, Table::header_merkle};
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr failure;
    const auto work = [&] {
        try {
            for (std::size_t i; (i = next++) < std::size(kOrder);)
                Emit(kOrder[i], load.Into(kOrder[i]), settled);
        } catch (...) {
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
        }
    };
    {
        std::jthread second(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
    EmitState(load.Into(Table::meta), state, settled.after);
    load.Commit();
}

PendingRows::Settled PendingRows::Settle(store::Store& store, TxNum end) const {
    store::RowFile& file = store.SettledTxids();
    Settled settled{.before = {file.Count()}, .after = end};
    settled.after = std::max(settled.after, settled.before);
    const auto append = [&](std::span<const Txid> txids) {
        file.Append({reinterpret_cast<const char*>(txids.data()), txids.size_bytes()});
    };
    const TxNum written = std::min(settled.after, first_num_);
    if (settled.before < written)
        append(ReadTxids(store::Reader(store, store::Reach::disk), settled.before,
                         written.value - settled.before.value));
    if (first_num_ < settled.after)
        append(std::span(txids_).first(settled.after.value - first_num_.value));
    return settled;
}

std::optional<store::Snapshot> PendingRows::Stage(store::Store& store,
                                                  const tables::StateRecord& state, TxNum settled) {
    if (RowCount() > batch_rows_max_) return std::nullopt;
    staged_ = MakeBatch(store, state, Settle(store, settled));
    return store.TakeSnapshotWith(*staged_);
}

void PendingRows::Write(store::Store& store, const tables::StateRecord& state, TxNum settled) {
    if (!staged_ && RowCount() > batch_rows_max_) {
        WriteFiles(store, state, Settle(store, settled));
    } else {
        if (!staged_) staged_ = MakeBatch(store, state, Settle(store, settled));
        store.Write(std::move(*staged_));
    }
    Clear();
    first_num_ = {state.tip ? state.tip->tx_count : 0};
}

void PendingRows::Clear() {
    // New objects, by move: clear() and = {} keep a vector's capacity, which would count against
    // the budget of the next round.
    const auto release = [](auto&... rows) { ((rows = std::decay_t<decltype(rows)>()), ...); };
    release(txids_, deleted_, spends_, history_, history_rows_, headers_, header_nodes_, undo_,
            dropped_undo_);
    staged_.reset();
    unspent_.Clear();
    row_bytes_ = 0;
}

}  // namespace amber::index
