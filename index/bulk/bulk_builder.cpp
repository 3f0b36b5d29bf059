#include "index/bulk/bulk_builder.h"

#include <fstream>

#include "index/bulk/durable_file.h"
#include "index/chain/sha256.h"
#include "index/fatal_error.h"
#include "index/store/bulk_load.h"
#include "index/tables/header_table.h"
#include "index/tables/meta_table.h"

namespace amber::index::bulk {

using store::StoreError;

namespace {

/// Raised with every change of the rows or the state file.
constexpr std::uint64_t kVersion = 1;
constexpr std::chrono::minutes kSavePeriod(2);
constexpr std::size_t kChecksumSize = 32;

std::filesystem::path StatePath(const std::filesystem::path& folder) { return folder / "state"; }

std::string ChecksumOf(std::string_view text) {
    std::string sum(kChecksumSize, 0);
    Sha256Once({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()},
               reinterpret_cast<std::uint8_t*>(sum.data()));
    return sum;
}

[[noreturn]] void Unusable(const std::filesystem::path& folder, const std::string& why) {
    throw FatalError("the unfinished first sync in " + folder.string() + " " + why +
                     "; delete that folder to begin again");
}

struct Saved {
    tables::StateRecord state;
    std::string text;
    std::string_view rows;  ///< of `text`
};

// state: version (varint), state record's size (varint), state record, rows, SHA-256 of all before
Saved ReadState(const std::filesystem::path& folder) {
    Saved saved;
    std::ifstream file(StatePath(folder), std::ios::binary);
    saved.text.assign(std::istreambuf_iterator<char>(file), {});
    if (saved.text.size() < kChecksumSize) Unusable(folder, "is damaged");
    const std::string_view body =
        std::string_view(saved.text).substr(0, saved.text.size() - kChecksumSize);
    if (ChecksumOf(body) != std::string_view(saved.text).substr(body.size()))
        Unusable(folder, "is damaged");
    tables::RowReader in(body);
    if (in.VarInt() != kVersion) Unusable(folder, "was begun by another version of amberd");
    saved.state = tables::DecodeState(in.Raw(in.VarInt()));
    saved.rows = in.Rest();
    return saved;
}

/// Transactions whose txids are in the file `txids`; none if nothing is saved.
std::uint64_t SavedTxCount(const std::filesystem::path& folder) {
    if (!BulkBuilder::IsUnderWay(folder)) return 0;
    const auto saved = ReadState(folder);
    return saved.state.tip ? saved.state.tip->tx_count : 0;
}

const std::filesystem::path& MakeFolder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        throw StoreError("cannot create the folder " + folder.string() + ": " + error.message());
    return folder;
}

}  // namespace

bool BulkBuilder::IsUnderWay(const std::filesystem::path& folder) {
    std::error_code ignored;
    return std::filesystem::exists(StatePath(folder), ignored);
}

BulkBuilder::BulkBuilder(const Coin& coin, store::Store& store, std::filesystem::path folder,
                         std::size_t max_bytes)
    : coin_(coin),
      store_(store),
      folder_(MakeFolder(folder)),
      max_bytes_(max_bytes),
      rows_(folder_),
      txids_(folder_ / "txids", sizeof(Txid), SavedTxCount(folder_), false),
      saved_at_(std::chrono::steady_clock::now()) {
    if (IsUnderWay(folder_)) Restore();
    young_first_ = {tip_ ? tip_->tx_count : 0};
}

void BulkBuilder::Restore() {
    const auto saved = ReadState(folder_);
    if (saved.state.genesis != coin_.genesis)
        Unusable(folder_, "belongs to another coin or network");
    rows_.Restore(saved.rows);
    tip_ = saved.state.tip;
}

void BulkBuilder::Save() {
    Spill();
    const std::string record =
        tables::EncodeState({.genesis = coin_.genesis, .utxo_count = 0, .tip = tip_});
    std::string text;
    tables::AppendVarInt(text, kVersion);
    tables::AppendVarInt(text, record.size());
    text += record;
    text += rows_.Save();
    text += ChecksumOf(text);
    ReplaceDurably(StatePath(folder_), text);
    saved_at_ = std::chrono::steady_clock::now();
}

void BulkBuilder::Spill() {
    window_.ForEach([&](const Txid& txid, const UnspentOutput& output) {
        rows_.created.Add(
            PartitionOf(txid.bytes.data()),
            CreatedRow::Make(txid, output.index, output.num, output.hash_x, output.value).bytes);
    });
    window_.Clear();
    txids_.Append({reinterpret_cast<const char*>(young_txids_.data()),
                   young_txids_.size() * sizeof(Txid)});
    young_first_.value += young_txids_.size();
    young_txids_ = {};
}

bool BulkBuilder::HasRoomFor(const Block& block) const {
    return block.outputs.size() <= window_.Room() &&
           young_txids_.size() + block.txs.size() <= young_txids_.capacity();
}

void BulkBuilder::Connect(const Block& block) {
    if (!tip_ && block.hash != coin_.genesis)
        throw FatalError("the node's first block is " + ToDisplayHex(block.hash) +
                         ", not the genesis block of " + std::string(coin_.name) + " " +
                         std::string(coin_.network) + "; check --coin, --network and --daemon");
    if (std::chrono::steady_clock::now() - saved_at_ > kSavePeriod) Save();
    if (!HasRoomFor(block)) {
        Spill();
        window_.Reserve(max_bytes_ / 100 * 60);
        young_txids_.reserve(max_bytes_ / 100 * 25 / sizeof(Txid));
    }
    const TxNum first{tip_ ? tip_->tx_count : 0};
    tip_ = Tip{NextHeight(), block.hash, first.value + block.txs.size()};
    AddHeader(block);
    AddTransactions(block, first);
    // The genesis coinbase cannot be spent, and nodes refuse to serve it.
    if (tip_->height.value == 0) return;
    AddOutputs(block, first);
    SpendInputs(block, first);
}

void BulkBuilder::AddHeader(const Block& block) {
    const std::string value = tables::HeaderValue({tip_->tx_count, block.hash, block.Header()});
    std::string bytes(tables::FixedKey<2>().Int<2>(value.size()).View());
    bytes += value;
    rows_.headers.Add(0, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

void BulkBuilder::AddTransactions(const Block& block, TxNum first) {
    for (TxNum num = first; const Block::Tx& tx : block.txs) {
        young_txids_.push_back(tx.txid);
        rows_.txnums.Add(PartitionOf(tx.txid.bytes.data()), TxNumRow::Make(tx.txid, num).bytes);
        ++num.value;
    }
}

void BulkBuilder::AddOutputs(const Block& block, TxNum first) {
    for (TxNum num = first; const Block::Tx& tx : block.txs) {
        for (std::uint32_t i = 0; i < tx.output_count; ++i) {
            const Block::Output& output = block.outputs[tx.first_output + i];
            if (!output.indexed) continue;
            const OutPoint outpoint{tx.txid, i};
            // Before BIP30 a coinbase could repeat a txid; the older output is then lost.
            if (num == first && !window_.Remove(outpoint))
                rows_.spent.Add(PartitionOf(tx.txid.bytes.data()),
                                SpentRow::Make(outpoint, num, true).bytes);
            window_.Add(outpoint, {num, i, output.hash_x, output.value});
            rows_.uses.Add(PartitionOf(output.hash_x.bytes.data()),
                           UseRow::Make(output.hash_x, num).bytes);
        }
        ++num.value;
    }
}

void BulkBuilder::SpendInputs(const Block& block, TxNum first) {
    for (TxNum num = first; const Block::Tx& tx : block.txs) {
        for (std::uint32_t i = 0; i < tx.input_count; ++i) {
            const OutPoint& outpoint = block.inputs[tx.first_input + i];
            if (outpoint.IsCoinbase()) continue;
            if (const auto output = window_.Remove(outpoint)) {
                rows_.uses.Add(PartitionOf(output->hash_x.bytes.data()),
                               UseRow::Make(output->hash_x, num).bytes);
                rows_.spenders.Add(SpenderPartitionOf(output->num),
                                   SpenderRow::Make(output->num, output->index, num).bytes);
            } else {
                rows_.spent.Add(PartitionOf(outpoint.txid.bytes.data()),
                                SpentRow::Make(outpoint, num, false).bytes);
            }
        }
        ++num.value;
    }
}

bool BulkBuilder::Finish(const bulk::Finish::Progress& progress) {
    Save();
    store::BulkLoad load(store_);
    bulk::Finish finish(rows_, load, [this](TxNum num) {
        Txid txid;
        txids_.Read(num.value, {reinterpret_cast<char*>(txid.bytes.data()), txid.bytes.size()},
                    store::Reach::disk);
        return txid;
    });
    if (!finish.Run(progress)) return false;
    store_.AdoptSettledTxids(folder_ / "txids", txids_.Count());
    auto& meta = load.Into(store::Table::meta);
    meta.Put(store::Store::kSettledCountKey, store::Store::SettledCountValue(txids_.Count()));
    meta.Put(tables::kStateKey,
             tables::EncodeState(
                 {.genesis = coin_.genesis, .utxo_count = finish.UtxoCount(), .tip = tip_}));
    load.Commit();
    std::error_code ignored;  // what is left is removed at the next start
    std::filesystem::remove_all(folder_, ignored);
    return true;
}

}  // namespace amber::index::bulk
