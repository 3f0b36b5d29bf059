#include "index/block_processor.h"

#include <algorithm>

#include "index/first_block.h"
#include "index/tables/header_merkle_table.h"
#include "index/tables/txid_table.h"
#include "index/tables/txnum_table.h"
#include "index/tables/undo_table.h"

namespace amber::index {

using store::Table;

namespace {

std::string_view AsText(const MerkleNode& node) {
    return {reinterpret_cast<const char*>(node.bytes.data()), node.bytes.size()};
}

[[noreturn]] void WrongDatabase(const std::string& what) {
    throw FatalError(what + "; choose another --datadir, or delete this database and sync again");
}

}  // namespace

/// What one block does to the tables, gathered while it is connected.
struct BlockProcessor::BlockRows {
    struct Spent {
        OutPoint outpoint;
        UnspentOutput output;
    };
    tables::StateRecord state_before;
    Height height;
    TxNum first;                  ///< of the block's transactions
    std::vector<ScriptUse> uses;  ///< unsorted, with repeats
    std::vector<Spent> spent;     ///< outputs of earlier blocks that it removes
    std::vector<std::pair<TxNum, std::uint32_t>> spends;  ///< keys of its spender rows
    std::vector<tables::FixedKey<tables::kHistoryKeySize>> history_keys;
    std::vector<tables::FixedKey<tables::kHeaderMerkleKeySize>> header_node_keys;
};

BlockProcessor::BlockProcessor(const Coin& coin, store::Store& store, std::uint32_t reorg_limit,
                               std::size_t batch_rows_max)
    : coin_(coin),
      store_(store),
      reorg_limit_(reorg_limit),
      pending_(batch_rows_max),
      reader_(store, store::Reach::disk) {
    Load();
}

void BlockProcessor::Load() {
    const auto value = reader_.Get(Table::meta, tables::kStateKey);
    if (!value) {
        state_.genesis = coin_.genesis;
        return;
    }
    state_ = tables::DecodeState(*value);
    if (state_.format_version != tables::kFormatVersion)
        WrongDatabase("the database has format version " + std::to_string(state_.format_version) +
                      ", this amberd writes version " + std::to_string(tables::kFormatVersion));
    if (state_.genesis != coin_.genesis)
        WrongDatabase("the database belongs to another coin or network (genesis " +
                      ToDisplayHex(state_.genesis) + "), not to " + std::string(coin_.name) + " " +
                      std::string(coin_.network));
    auto cursor = reader_.Ordered(Table::header);
    for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next())
        tx_counts_.Append(tables::ReadHeaderRow(cursor.Value()).tx_count);
    header_merkle_.Load(reader_, tx_counts_.size());
    pending_.StartAt({state_.tip ? state_.tip->tx_count : 0});
    has_undo_ = true;
    // The limit may have been larger when they were written.
    const std::uint32_t next = NextHeight().value;
    if (next > reorg_limit_) DropUndoBelow({next - reorg_limit_});
}

void BlockProcessor::DropUndoBelow(Height height) {
    store::Batch batch(store_);
    bool any = false;
    const auto end = tables::UndoKey(height);
    auto cursor = reader_.Ordered(Table::undo);
    for (cursor.SeekToFirst(); cursor.Valid() && cursor.Key() < end.View(); cursor.Next()) {
        batch.Delete(Table::undo, cursor.Key());
        any = true;
    }
    if (any) store_.Write(std::move(batch));
}

Height BlockProcessor::NextHeight() const {
    return state_.tip ? Next(state_.tip->height) : Height{0};
}

std::optional<BlockHash> BlockProcessor::HashAt(Height height) const {
    const std::uint32_t next = NextHeight().value;
    if (height.value >= next) return std::nullopt;
    const auto flushed = next - static_cast<std::uint32_t>(pending_hashes_.size());
    if (height.value >= flushed) return pending_hashes_[height.value - flushed];
    return ReadBlockHash(reader_, height);
}

void BlockProcessor::CountTaken(const OutPoint& outpoint, const UnspentOutput& output,
                                BlockRows& rows) {
    --state_.utxo_count;
    if (output.num < rows.first) rows.spent.push_back({outpoint, output});
}

void BlockProcessor::TakeRepeated(const OutPoint& outpoint, BlockRows& rows) {
    auto output = pending_.Unspent().Remove(outpoint);
    if (!output) {
        if (!h_cursor_) h_cursor_.emplace(reader_.Prefixed(Table::h));
        output = FindUnspent(reader_, *h_cursor_, outpoint, Certainty::always_compare);
        if (!output || pending_.Deletes(outpoint, *output)) return;
        pending_.DeleteUnspent(outpoint, *output);
    }
    CountTaken(outpoint, *output, rows);
}

void BlockProcessor::AddOutputs(const Block& block, BlockRows& rows) {
    TxNum num = rows.first;
    for (const Block::Tx& tx : block.txs) {
        for (std::uint32_t i = 0; i < tx.output_count; ++i) {
            const Block::Output& output = block.outputs[tx.first_output + i];
            if (!output.indexed) continue;
            const OutPoint outpoint{tx.txid, i};
            // Before BIP30 a coinbase could repeat a txid; the older output is then lost. Nearly
            // always there is none, so what begins alike must not be taken for it.
            if (num == rows.first) TakeRepeated(outpoint, rows);
            pending_.Unspent().Add(outpoint, {num, i, output.hash_x, output.value});
            ++state_.utxo_count;
            rows.uses.push_back({output.hash_x, num});
        }
        ++num.value;
    }
}

std::vector<std::optional<UnspentOutput>> BlockProcessor::FindInTables(const Block& block,
                                                                       const KnownOutputs& known) {
    std::vector<std::optional<UnspentOutput>> outputs(block.inputs.size());
    std::vector<OutPoint> sought;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < block.inputs.size(); ++i) {
        const OutPoint& outpoint = block.inputs[i];
        if (outpoint.IsCoinbase() || pending_.Unspent().Contains(outpoint)) continue;
        if (known && (outputs[i] = known(outpoint))) continue;
        sought.push_back(outpoint);
        places.push_back(i);
    }
    const auto found = FindSpentOutputs(store_, sought);
    for (std::size_t i = 0; i < found.size(); ++i) outputs[places[i]] = found[i];
    return outputs;
}

void BlockProcessor::SpendInputs(const Block& block, const KnownOutputs& known, BlockRows& rows) {
    const auto in_tables = FindInTables(block, known);
    TxNum num = rows.first;
    for (const Block::Tx& tx : block.txs) {
        for (std::uint32_t i = 0; i < tx.input_count; ++i) {
            const OutPoint& outpoint = block.inputs[tx.first_input + i];
            if (outpoint.IsCoinbase()) continue;
            auto output = pending_.Unspent().Remove(outpoint);
            if (!output && (output = in_tables[tx.first_input + i]))
                pending_.DeleteUnspent(outpoint, *output);
            if (!output)
                throw FatalError("block " + ToDisplayHex(block.hash) + " at height " +
                                 std::to_string(rows.height.value) + " spends output " +
                                 std::to_string(outpoint.index) + " of " +
                                 ToDisplayHex(outpoint.txid) +
                                 ", which is not in the index: the node sent a wrong block, or the "
                                 "database is damaged. Restart; if it happens again, delete the "
                                 "database and sync again");
            CountTaken(outpoint, *output, rows);
            pending_.AddSpender(output->num, output->index, num);
            rows.spends.emplace_back(output->num, output->index);
            rows.uses.push_back({output->hash_x, num});
        }
        ++num.value;
    }
}

void BlockProcessor::AddHeader(const Block& block, BlockRows& rows) {
    const std::uint64_t tx_count = rows.first.value + block.txs.size();
    pending_.Put(Table::header, tables::HeaderKey(rows.height),
                 tables::HeaderValue({tx_count, block.hash, block.Header()}));
    header_merkle_.Append(block.hash,
                          [&](std::uint32_t level, std::uint32_t index, const MerkleNode& node) {
                              const auto key = tables::HeaderMerkleKey(level, index);
                              pending_.Put(Table::header_merkle, key, AsText(node));
                              rows.header_node_keys.push_back(key);
                          });
    for (const Block::Tx& tx : block.txs) pending_.AddTxid(tx.txid);
    tx_counts_.Append(tx_count);
    pending_hashes_.push_back(block.hash);
    state_.tip = Tip{rows.height, block.hash, tx_count};
}

void BlockProcessor::AddHistory(BlockRows& rows, Undo undo) {
    if (undo == Undo::skip) {
        pending_.AddHistory(rows.uses);
        return;
    }
    std::sort(rows.uses.begin(), rows.uses.end());
    std::string value;
    for (auto use = rows.uses.begin(); use != rows.uses.end();) {
        const auto first = use;
        value.clear();
        for (TxNum last = first->num; use != rows.uses.end() && use->hash_x == first->hash_x;
             ++use) {
            if (use->num == last) continue;
            tables::AppendVarInt(value, use->num.value - last.value);
            last = use->num;
        }
        const auto key = tables::HistoryKey(first->hash_x, first->num);
        pending_.AddHistoryRow(key, value);
        rows.history_keys.push_back(key);
        touched_.push_back(first->hash_x);
    }
}

void BlockProcessor::AddUndo(const Block& block, BlockRows& rows) {
    // Sorted within each table: the shared prefixes feed on it, and the record is then the same
    // whoever builds it.
    std::sort(rows.spends.begin(), rows.spends.end());
    const auto spent_at_once = [&](TxNum num, std::uint32_t index) {
        return std::binary_search(rows.spends.begin(), rows.spends.end(), std::pair(num, index));
    };
    std::vector<tables::FixedKey<tables::kTxNumKeySize>> txnum_keys;
    std::vector<tables::FixedKey<tables::kHKeySize>> h_keys;
    std::vector<tables::FixedKey<tables::kUKeySize>> u_keys;
    txnum_keys.reserve(block.txs.size());
    h_keys.reserve(block.outputs.size());
    u_keys.reserve(block.outputs.size());
    TxNum num = rows.first;
    for (const Block::Tx& tx : block.txs) {
        txnum_keys.push_back(tables::TxNumKey(tx.txid, num));
        for (std::uint32_t i = 0; i < tx.output_count && rows.height.value > 0; ++i) {
            const Block::Output& output = block.outputs[tx.first_output + i];
            if (!output.indexed || spent_at_once(num, i)) continue;
            h_keys.push_back(tables::HKey({tx.txid, i}, num));
            u_keys.push_back(tables::UKey(output.hash_x, num, i));
        }
        ++num.value;
    }
    tables::UndoWriter undo;
    const auto created = [&](Table table, auto& keys) {
        std::sort(keys.begin(), keys.end());
        for (const auto& key : keys) undo.Created(table, key);
    };
    undo.Replaced(Table::meta, tables::kStateKey, tables::EncodeState(rows.state_before));
    undo.Created(Table::header, tables::HeaderKey(rows.height));
    created(Table::header_merkle, rows.header_node_keys);
    for (TxNum txid = rows.first; txid < num; ++txid.value)
        undo.Created(Table::txid, tables::TxidKey(txid));
    created(Table::txnum, txnum_keys);
    created(Table::h, h_keys);
    created(Table::u, u_keys);
    created(Table::history, rows.history_keys);
    for (const auto& [funder, index] : rows.spends)
        undo.Created(Table::spender, tables::SpenderKey(funder, index));
    std::sort(rows.spent.begin(), rows.spent.end(), [](const auto& a, const auto& b) {
        return std::pair(a.output.num, a.output.index) < std::pair(b.output.num, b.output.index);
    });
    for (const auto& [outpoint, output] : rows.spent) {
        undo.Replaced(Table::h, tables::HKey(outpoint, output.num),
                      tables::HValue(output.hash_x, output.value));
        undo.Replaced(Table::u, tables::UKey(output.hash_x, output.num, output.index),
                      tables::UValue(output.value));
    }
    pending_.AddUndo(rows.height, undo.Take());
    if (rows.height.value >= reorg_limit_) pending_.DropUndo({rows.height.value - reorg_limit_});
}

void BlockProcessor::Connect(const Block& block, Undo undo, const KnownOutputs& known) {
    if (!state_.tip) CheckFirstBlock(coin_, block.hash);
    if (undo == Undo::keep) {
        has_undo_ = true;
    } else if (has_undo_) {
        Flush();
        DropUndoBelow(NextHeight());
        has_undo_ = false;
    }
    BlockRows rows;
    rows.state_before = state_;
    rows.height = NextHeight();
    rows.first = {state_.tip ? state_.tip->tx_count : 0};
    // The genesis coinbase cannot be spent, and nodes refuse to serve it.
    const bool spendable = rows.height.value > 0;
    AddHeader(block, rows);
    if (spendable) {
        AddOutputs(block, rows);
        SpendInputs(block, known, rows);
    }
    AddHistory(rows, undo);
    if (undo == Undo::skip) return;
    AddUndo(block, rows);
    TouchTxs(block);
}

void BlockProcessor::TouchTxs(const Block& block) {
    for (const Block::Tx& tx : block.txs) touched_txs_.push_back(tx.txid);
    for (const OutPoint& outpoint : block.inputs)
        if (!outpoint.IsCoinbase()) touched_txs_.push_back(outpoint.txid);
}

void BlockProcessor::TouchTxsOfTip() {
    const TxNum first = tx_counts_.First(state_.tip->height);
    const auto txids = ReadTxids(reader_, first, state_.tip->tx_count - first.value);
    touched_txs_.insert(touched_txs_.end(), txids.begin(), txids.end());
}

TxNum BlockProcessor::Settled() const {
    const std::uint32_t next = NextHeight().value;
    if (!has_undo_ || reorg_limit_ == 0) return {state_.tip ? state_.tip->tx_count : 0};
    return next > reorg_limit_ ? tx_counts_.First({next - reorg_limit_}) : TxNum{0};
}

std::optional<store::Snapshot> BlockProcessor::Stage() {
    return pending_.Stage(store_, state_, Settled());
}

void BlockProcessor::Flush() {
    if (pending_.Empty()) return;
    h_cursor_.reset();
    pending_.Write(store_, state_, Settled());
    pending_hashes_.clear();
}

bool BlockProcessor::CanDisconnect(std::uint32_t count) const {
    if (!state_.tip || count == 0 || count > state_.tip->height.value) return false;
    // Undo rows have no gap from the tip down, so the lowest one speaks for all.
    const Height lowest{state_.tip->height.value - count + 1};
    return pending_.HasUndo(lowest) ||
           reader_.Get(Table::undo, tables::UndoKey(lowest)).has_value();
}

bool BlockProcessor::Disconnect() {
    Flush();
    const Tip tip = *state_.tip;
    const auto record = reader_.Get(Table::undo, tables::UndoKey(tip.height));
    if (!record) return false;
    h_cursor_.reset();
    TouchTxsOfTip();
    store::Batch batch(store_);
    tables::UndoReader undo(*record);
    while (const auto entry = undo.Next()) {
        if (entry->table == Table::meta) state_ = tables::DecodeState(*entry->old_value);
        if (entry->table == Table::history)
            touched_.push_back(tables::ReadHistoryScript(entry->key));
        if (entry->table == Table::spender)
            touched_txs_.push_back(ReadTxid(reader_, tables::ReadSpenderFunder(entry->key)));
        if (entry->old_value)
            batch.Put(entry->table, entry->key, *entry->old_value);
        else
            batch.Delete(entry->table, entry->key);
    }
    batch.Delete(Table::undo, tables::UndoKey(tip.height));
    store_.Write(std::move(batch));
    tx_counts_.Truncate(tip.height.value);
    header_merkle_.Load(reader_, tip.height.value);
    pending_.StartAt({state_.tip ? state_.tip->tx_count : 0});
    return true;
}

std::vector<HashX> BlockProcessor::TakeTouched() {
    std::sort(touched_.begin(), touched_.end());
    touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    return std::exchange(touched_, {});
}

}  // namespace amber::index
