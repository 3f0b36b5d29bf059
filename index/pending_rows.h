#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "index/chain/outpoint.h"
#include "index/history_rows.h"
#include "index/store/row_sink.h"
#include "index/store/store.h"
#include "index/tables/h_table.h"
#include "index/tables/meta_table.h"
#include "index/tables/row_bytes.h"
#include "index/tables/spender_table.h"
#include "index/tables/u_table.h"
#include "index/utxo_cache.h"

namespace amber::index {

/// The rows of connected blocks that are not in the database yet. The tables plus these rows always
/// describe exactly the chain up to the processor's tip. Write() moves them all over in one atomic
/// step: as a batch when they are few, as sorted files when they are many.
/// Thread: sync thread only (Write sorts on threads of its own).
class PendingRows {
public:
    /// Above this many rows, sorted files are cheaper than the memtable by far (limits.md section
    /// 4).
    static constexpr std::size_t kBatchRowsMax = 200'000;

    /// More rows than `batch_rows_max` are written as files.
    explicit PendingRows(std::size_t batch_rows_max = kBatchRowsMax)
        : batch_rows_max_(batch_rows_max), unspent_(txids_, first_num_) {}
    /// The number of the next transaction. Precondition: Empty().
    void StartAt(TxNum first) { first_num_ = first; }

    /// A row that is complete as it stands (header, header_merkle).
    void Put(store::Table table, std::string_view key, std::string_view value);
    void AddTxid(const Txid& txid) { txids_.push_back(txid); }
    void AddSpender(TxNum funder, std::uint32_t index, TxNum spender);
    /// History below the undo window: packed with the script's other entries when written.
    void AddHistory(const std::vector<ScriptUse>& uses);
    /// History within the undo window: a row that stays as it is, so that it can be undone by key.
    void AddHistoryRow(std::string_view key, std::string_view value);
    /// Forgets an output that the database holds.
    void DeleteUnspent(const OutPoint& outpoint, const UnspentOutput& output);
    void AddUndo(Height height, std::string value);
    /// Drops the undo row of a block that has left the window, written or not.
    void DropUndo(Height height);

    [[nodiscard]] UtxoCache& Unspent() { return unspent_; }
    [[nodiscard]] bool Empty() const { return txids_.empty(); }
    /// Whether a pending undo row is for the block at `height`.
    [[nodiscard]] bool HasUndo(Height height) const { return undo_.contains(height.value); }
    /// Whether DeleteUnspent() was called for the output. Slow: looks at all of them.
    [[nodiscard]] bool Deletes(const OutPoint& outpoint, const UnspentOutput& output) const;
    /// What the rows take now and writing them will take.
    [[nodiscard]] std::size_t MemoryBytes() const;

    /// What the database will be after Write(), to be read before it is; nothing if the rows are
    /// too many for a batch. Write(), with the same arguments, is to follow, and nothing to be
    /// added before it. Throws as Write() does.
    [[nodiscard]] std::optional<store::Snapshot> Stage(store::Store& store,
                                                       const tables::StateRecord& state,
                                                       TxNum settled);
    /// Writes everything and `state`; empty afterwards. Nothing will ever undo the transactions
    /// below `settled`, so their txids go where settled rows are kept (store.h). Throws StoreError,
    /// or FatalError if an output of the database was deleted twice; then nothing was written.
    void Write(store::Store& store, const tables::StateRecord& state, TxNum settled);

private:
    struct Spend {
        tables::FixedKey<tables::kSpenderKeySize> key;
        TxNum spender;
    };
    struct Row {
        std::string key, value;
    };
    struct Deleted {
        tables::FixedKey<tables::kHKeySize> h;
        tables::FixedKey<tables::kUKeySize> u;
    };

    /// Txids below these are settled: before a Write(), and after it.
    struct Settled {
        TxNum before, after;
    };

    void EmitTxids(store::RowSink& rows, const Settled& settled) const;
    void EmitTxNums(store::RowSink& rows) const;
    void EmitH(store::RowSink& rows) const;
    void EmitU(store::RowSink& rows) const;
    void EmitHistory(store::RowSink& rows);
    void EmitSpenders(store::RowSink& rows);
    void EmitUndo(store::RowSink& rows) const;
    /// Writes the rows of one table in key order.
    void Emit(store::Table table, store::RowSink& rows, const Settled& settled);

    /// Brings txids below `end` into the store's file, from its tables and from here.
    [[nodiscard]] Settled Settle(store::Store& store, TxNum end) const;
    [[nodiscard]] store::Batch MakeBatch(const store::Store& store,
                                         const tables::StateRecord& state, const Settled& settled);
    void WriteFiles(store::Store& store, const tables::StateRecord& state, const Settled& settled);
    [[nodiscard]] std::size_t RowCount() const;
    void Clear();

    const std::size_t batch_rows_max_;
    TxNum first_num_;  ///< of txids_[0]
    UtxoCache::Txids txids_;
    UtxoCache unspent_;
    std::vector<Deleted> deleted_;
    std::vector<Spend> spends_;
    std::vector<ScriptUse> history_;
    std::vector<Row> history_rows_;
    std::vector<Row> headers_, header_nodes_;
    std::map<std::uint32_t, std::string> undo_;
    std::vector<std::uint32_t> dropped_undo_;
    std::optional<store::Batch> staged_;  ///< all of the above
    std::size_t row_bytes_ = 0;           ///< of history_rows_, headers_, header_nodes_ and undo_
};

}  // namespace amber::index
