#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "index/chain/block.h"
#include "index/chain/coin.h"
#include "index/fatal_error.h"
#include "index/header_merkle.h"
#include "index/lookup.h"
#include "index/pending_rows.h"
#include "index/query/tx_counts.h"
#include "index/spent_outputs.h"
#include "index/store/reader.h"
#include "index/store/store.h"
#include "index/tables/meta_table.h"
#include "index/tip.h"

namespace amber::index {

/// Turns blocks into table rows and back.
/// Invariant: the tables and the pending rows together describe exactly the chain up to GetTip(),
/// and the tables alone a whole prefix of it. Thread: sync thread only. Owns the pending rows;
/// borrows the store and the coin. Errors: FatalError for a block that spends what does not exist,
/// for a first block or a database that is not this coin's; store::StoreError. After either, what
/// is in the database is the last flush.
class BlockProcessor {
public:
    /// `batch_rows_max`: see PendingRows.
    BlockProcessor(const Coin& coin, store::Store& store, std::uint32_t reorg_limit,
                   std::size_t batch_rows_max = PendingRows::kBatchRowsMax);

    /// Takes over what somebody else has put into the store. Precondition: no block was connected.
    void Reload() { Load(); }

    [[nodiscard]] const std::optional<Tip>& GetTip() const { return state_.tip; }
    [[nodiscard]] Height NextHeight() const;
    [[nodiscard]] const TxCounts& GetTxCounts() const { return tx_counts_; }
    [[nodiscard]] std::uint64_t UtxoCount() const { return state_.utxo_count; }
    /// Of a block in the tables or pending; nothing above the tip.
    [[nodiscard]] std::optional<BlockHash> HashAt(Height height) const;

    enum class Undo { keep, skip };
    /// Precondition: the block follows the tip (its `previous` is the tip's hash). With Undo::keep
    /// it can be disconnected later, as far as all blocks after it are kept too: Undo::skip gives
    /// up the undo of all blocks before. What is in `known` is not looked up in the tables.
    void Connect(const Block& block, Undo undo, const KnownOutputs& known = {});
    /// What Flush() will make of the database, to be read before it has; nothing if that is too
    /// much to hold. Flush() is to follow, and no block to be connected before it.
    [[nodiscard]] std::optional<store::Snapshot> Stage();
    /// Makes everything connected so far durable and readable.
    void Flush();
    [[nodiscard]] std::size_t PendingBytes() const { return pending_.MemoryBytes(); }

    /// Whether the last `count` blocks can be taken back.
    [[nodiscard]] bool CanDisconnect(std::uint32_t count) const;
    /// Takes the tip block back. Flushes first; itself one atomic write. False if the block has no
    /// undo record: the limit is reached.
    [[nodiscard]] bool Disconnect();

    /// Scripts funded or spent by blocks connected with Undo::keep or disconnected since the last
    /// call.
    [[nodiscard]] std::vector<HashX> TakeTouched();
    /// The transactions of these blocks and those whose outputs they spend, some twice.
    [[nodiscard]] std::vector<Txid> TakeTouchedTxs() { return std::exchange(touched_txs_, {}); }

private:
    struct BlockRows;

    void Load();
    void AddOutputs(const Block& block, BlockRows& rows);
    void SpendInputs(const Block& block, const KnownOutputs& known, BlockRows& rows);
    /// Of each input the output that it spends; nothing for those that are pending.
    std::vector<std::optional<UnspentOutput>> FindInTables(const Block& block,
                                                           const KnownOutputs& known);
    void AddHeader(const Block& block, BlockRows& rows);
    void AddHistory(BlockRows& rows, Undo undo);
    void AddUndo(const Block& block, BlockRows& rows);
    /// Takes out an output that the block replaces by one of the same outpoint, if there is one.
    void TakeRepeated(const OutPoint& outpoint, BlockRows& rows);
    void CountTaken(const OutPoint& outpoint, const UnspentOutput& output, BlockRows& rows);
    void TouchTxs(const Block& block);
    void TouchTxsOfTip();
    /// The first transaction that may be undone: of the lowest block that has or will have undo.
    [[nodiscard]] TxNum Settled() const;
    /// Deletes the undo rows of all blocks below `height`. Precondition: nothing is pending.
    void DropUndoBelow(Height height);

    const Coin& coin_;
    store::Store& store_;
    const std::uint32_t reorg_limit_;
    tables::StateRecord state_;
    TxCounts tx_counts_;
    HeaderMerkle header_merkle_;
    PendingRows pending_;
    /// Whether there may be undo rows. Invariant: they are those of the newest blocks, without a
    /// gap.
    bool has_undo_ = false;
    std::vector<BlockHash> pending_hashes_;  ///< of connected blocks not yet flushed
    store::Reader reader_;
    std::optional<store::Cursor> h_cursor_;  ///< of the last flush; saves one per look-up
    std::vector<HashX> touched_;
    std::vector<Txid> touched_txs_;
};

}  // namespace amber::index
