#include "index/bulk/bulk_builder.h"

#include <algorithm>
#include <bit>
#include <thread>

#include "index/bulk/durable_file.h"
#include "index/fatal_error.h"
#include "index/first_block.h"
#include "index/store/bulk_load.h"
#include "index/tables/header_table.h"
#include "index/tables/meta_table.h"

namespace amber::index::bulk {

using store::StoreError;

namespace {

/// Raised with every change of the rows or the state file.
constexpr std::uint64_t kVersion = 4;
constexpr std::chrono::minutes kSavePeriod(2);

// Parts of the memory. What is left is for vectors that grow.
constexpr std::size_t kWindowPercent = 60, kTxidsPercent = 25, kPartitionsPercent = 8;

/// Of inputs and outputs in a block: less is done before another thread has woken up.
constexpr std::size_t kWorthSharing = 64;

/// Of the number of adders, a power of two. The parsing of blocks needs processors, too.
unsigned ShareBits() {
    constexpr unsigned kMost = 4;
    return static_cast<unsigned>(
        std::bit_width(std::clamp(std::thread::hardware_concurrency(), 1u, kMost)) - 1);
}

std::filesystem::path StatePath(const std::filesystem::path& folder) { return folder / "state"; }

[[noreturn]] void Unusable(const std::filesystem::path& folder, const std::string& why) {
    throw FatalError("the unfinished first sync in " + folder.string() + " " + why +
                     "; delete that folder to begin again");
}

const std::filesystem::path& MakeFolder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        throw StoreError("cannot create the folder " + folder.string() + ": " + error.message());
    return folder;
}

}  // namespace

// state: version (varint), state record's size (varint), state record, partition bits (varint),
//        finish state, rows
struct BulkBuilder::Saved {
    std::string text;
    std::optional<Tip> tip;
    unsigned partition_bits = 0;
    FinishState finish;
    std::size_t rows_at = 0;  ///< in `text`

    [[nodiscard]] std::uint64_t TxCount() const { return tip ? tip->tx_count : 0; }
};

std::optional<BulkBuilder::Saved> BulkBuilder::ReadSaved(const Coin& coin,
                                                         const std::filesystem::path& folder) {
    auto text = ReadDurable(StatePath(folder));
    if (!text) return std::nullopt;
    std::optional<Saved> saved(std::in_place);
    saved->text = std::move(*text);
    tables::RowReader in(saved->text);
    if (in.VarInt() != kVersion) Unusable(folder, "was begun by another version of amberd");
    const auto state = tables::DecodeState(in.Raw(in.VarInt()));
    if (state.genesis != coin.genesis) Unusable(folder, "belongs to another coin or network");
    saved->tip = state.tip;
    saved->partition_bits = static_cast<unsigned>(in.VarInt());
    saved->finish = FinishState::Decode(in);
    saved->rows_at = saved->text.size() - in.Rest().size();
    return saved;
}

bool BulkBuilder::IsUnderWay(const std::filesystem::path& folder) {
    std::error_code ignored;
    return std::filesystem::exists(StatePath(folder), ignored);
}

BulkBuilder::BulkBuilder(const Coin& coin, store::Store& store, std::filesystem::path folder,
                         std::size_t max_bytes)
    : BulkBuilder(coin, store, folder, max_bytes, ReadSaved(coin, folder)) {}

BulkBuilder::BulkBuilder(const Coin& coin, store::Store& store, std::filesystem::path folder,
                         std::size_t max_bytes, const std::optional<Saved>& saved)
    : coin_(coin),
      store_(store),
      folder_(MakeFolder(folder)),
      max_bytes_(max_bytes),
      rows_(folder_, saved ? saved->partition_bits
                           : Scattered::PartitionBitsFor(max_bytes / 100 * kPartitionsPercent)),
      txids_(folder_ / "txids", sizeof(Txid), saved ? saved->TxCount() : 0, false),
      crew_(std::size_t{1} << ShareBits()),
      saved_at_(std::chrono::steady_clock::now()) {
    if (saved) {
        tip_ = saved->tip;
        finish_ = saved->finish;
        rows_.Restore(std::string_view(saved->text).substr(saved->rows_at), finish_.begun,
                      finish_.begun && finish_.matched == finish_.ranges);
    }
    young_first_ = {tip_ ? tip_->tx_count : 0};
    for (std::size_t share = 0; share < std::size_t{1} << ShareBits(); ++share)
        adders_.emplace_back(rows_, young_txids_, young_first_, share, ShareBits());
}

void BulkBuilder::Save() {
    Spill();
    const std::string record =
        tables::EncodeState({.genesis = coin_.genesis, .utxo_count = 0, .tip = tip_});
    std::string text;
    tables::AppendVarInt(text, kVersion);
    tables::AppendVarInt(text, record.size());
    text += record;
    tables::AppendVarInt(text, rows_.PartitionBits());
    text += finish_.Encode();
    text += rows_.Save();
    ReplaceDurably(StatePath(folder_), text);
    saved_at_ = std::chrono::steady_clock::now();
}

void BulkBuilder::Spill() {
    crew_.Run([this](std::size_t share) { adders_[share].Spill(); });
    txids_.Append(
        {reinterpret_cast<const char*>(young_txids_.data()), young_txids_.size() * sizeof(Txid)});
    young_first_.value += young_txids_.size();
    young_txids_.clear();
}

bool BulkBuilder::HasRoomFor(const Block& block) const {
    const auto has_room = [&](const RowAdder& adder) {
        return block.outputs.size() <= adder.Window().Room();
    };
    return std::all_of(adders_.begin(), adders_.end(), has_room) &&
           young_txids_.size() + block.txs.size() <= young_txids_.capacity();
}

std::size_t BulkBuilder::WindowBytes() const {
    std::size_t bytes = 0;
    for (const RowAdder& adder : adders_) bytes += adder.Window().MemoryBytes();
    return bytes;
}

void BulkBuilder::MakeRoom(const Block& block) {
    const std::size_t window_bytes = max_bytes_ / 100 * kWindowPercent;
    const std::size_t txids = max_bytes_ / 100 * kTxidsPercent / sizeof(Txid);
    const bool txids_fit = young_txids_.size() + block.txs.size() <= txids;
    // Half first: memory that a short chain does not need is not touched.
    const std::size_t now = WindowBytes();
    if (!txids_fit || now > window_bytes / 2)
        Spill();
    else
        for (RowAdder& adder : adders_)
            adder.Window().Reserve((now == 0 ? window_bytes / 2 : window_bytes) / adders_.size());
    young_txids_.reserve(std::max(txids, block.txs.size()));
}

void BulkBuilder::Connect(const Block& block) {
    if (!tip_) CheckFirstBlock(coin_, block.hash);
    if (std::chrono::steady_clock::now() - saved_at_ > kSavePeriod) Save();
    if (!HasRoomFor(block)) MakeRoom(block);
    tip_ = Tip{NextHeight(), block.hash, (tip_ ? tip_->tx_count : 0) + block.txs.size()};
    AddHeader(block);
    for (const Block::Tx& tx : block.txs) young_txids_.push_back(tx.txid);
    if (block.inputs.size() + block.outputs.size() < kWorthSharing)
        for (RowAdder& adder : adders_) AddRows(adder, block);
    else
        crew_.Run([&](std::size_t share) { AddRows(adders_[share], block); });
}

void BulkBuilder::AddRows(RowAdder& adder, const Block& block) {
    // The genesis coinbase cannot be spent, and nodes refuse to serve it.
    const bool outpoints = tip_->height.value > 0;
    adder.Add(block, {tip_->tx_count - block.txs.size()}, outpoints);
}

void BulkBuilder::AddHeader(const Block& block) {
    const std::string value = tables::HeaderValue({tip_->tx_count, block.hash, block.Header()});
    std::string bytes(tables::FixedKey<2>().Int<2>(value.size()).View());
    bytes += value;
    rows_.headers.Add(0, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

std::optional<double> BulkBuilder::TablesByAdding() const {
    RowCounts rows = rows_.Counts();
    for (const RowAdder& adder : adders_) rows.created += adder.Window().size();
    if (rows.txnums == 0) return std::nullopt;
    const std::uint64_t tables = work::Matching(rows) + work::Tables(rows.Matched());
    return static_cast<double>(tables) / static_cast<double>(work::Adding(rows));
}

std::chrono::nanoseconds BulkBuilder::AddingCpu() const {
    std::chrono::nanoseconds cpu(0);
    for (const RowAdder& adder : adders_) cpu += adder.Cpu();
    return cpu;
}

bool BulkBuilder::Finish(const bulk::Finish::Progress& progress) {
    if (!finish_.begun) {
        finish_ = {.begun = true, .ranges = bulk::Finish::RangesFor(tip_ ? tip_->tx_count : 0)};
        Spill();
    }
    for (RowAdder& adder : adders_) adder.Window().Clear();  // the memory is needed now
    UtxoCache::Txids().swap(young_txids_);
    store::BulkLoad load(store_, folder_);
    const auto txid_of = [this](TxNum num) {
        Txid txid;
        txids_.Read(num.value, {reinterpret_cast<char*>(txid.bytes.data()), txid.bytes.size()},
                    store::Reach::disk);
        return txid;
    };
    bulk::Finish finish(
        rows_, load, finish_, txid_of, [this] { Save(); }, folder_ / "tables", max_bytes_);
    if (!finish.Run(progress)) return false;
    store_.AdoptSettledTxids(folder_ / "txids", txids_.Count());
    auto& meta = load.Into(store::Table::meta);
    meta.Put(store::Store::kSettledCountKey, store::Store::SettledCountValue(txids_.Count()));
    meta.Put(tables::kStateKey,
             tables::EncodeState(
                 {.genesis = coin_.genesis, .utxo_count = finish_.utxo_count, .tip = tip_}));
    load.Commit();
    std::error_code ignored;  // what is left is removed at the next start
    std::filesystem::remove_all(folder_, ignored);
    return true;
}

}  // namespace amber::index::bulk
