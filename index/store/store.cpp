#include "index/store/store.h"

#include <rocksdb/convenience.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstdarg>
#include <cstring>

#include "index/store/state.h"

namespace amber::index::store {

void Check(const rocksdb::Status& status, std::string_view doing) {
    if (status.ok()) return;
    if (status.IsIncomplete()) throw NotInMemory();
    if (status.IsNoSpace()) throw StoreError(DiskFull(status.ToString()));
    throw StoreError("database: " + std::string(doing) + ": " + status.ToString());
}

namespace {

constexpr std::size_t kTxidSize = 32;

/// How the rows of a table are laid out and looked for.
struct Layout {
    std::size_t prefix = 0;  ///< bytes that look-ups fix; 0: whole keys
    bool compressed = true;
};

Layout LayoutOf(Table table) {
    switch (table) {
        case Table::meta:
        case Table::header:
        case Table::undo:
            return {};
        case Table::header_merkle:
        case Table::txid:
            return {.compressed = false};
        case Table::txnum:
            return {.prefix = 5};
        case Table::h:
            return {.prefix = 8, .compressed = false};
        case Table::u:
            return {.prefix = 11, .compressed = false};
        case Table::history:
            return {.prefix = 11};
        case Table::spender:
            return {.prefix = 0};
    }
    std::abort();
}

rocksdb::ColumnFamilyOptions FamilyOptions(Table table,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
    const Layout layout = LayoutOf(table);
    rocksdb::BlockBasedTableOptions blocks;
    blocks.block_cache = cache;
    blocks.block_size = 4 << 10;
    blocks.format_version = 5;
    // Debian's build computes CRC32C in software; XXH3 costs a fraction of it.
    blocks.checksum = rocksdb::kXXH3;
    // Index and filters live in the cache too, so that the cache is the bound of all reading.
    blocks.cache_index_and_filter_blocks = true;
    blocks.pin_l0_filter_and_index_blocks_in_cache = true;
    // Of the many index and filter blocks of a file, the few by which the others are found.
    blocks.metadata_cache_options.top_level_index_pinning = rocksdb::PinningTier::kAll;
    blocks.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    blocks.metadata_block_size = 4 << 10;
    rocksdb::ColumnFamilyOptions options;
    if (layout.prefix > 0) {
        options.prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(layout.prefix));
        blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
        blocks.partition_filters = true;
        blocks.whole_key_filtering = false;
        options.optimize_filters_for_hits = true;  // none on the last level
    }
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
    options.compression = layout.compressed ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
    // A batch comes in key order, so a row's place is found from where the last one went.
    options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(0));
    options.write_buffer_size = 16 << 20;
    options.target_file_size_base = 64 << 20;
    options.max_bytes_for_level_base = 512 << 20;
    options.level_compaction_dynamic_level_bytes = true;
    return options;
}

/// RocksDB's own log file would end the process when the disk is full: Debian's build asserts that
/// nobody writes to a file after an error, and then its log does. What matters comes as a Status.
class NoLog : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

rocksdb::DBOptions DatabaseOptions() {
    rocksdb::DBOptions options;
    options.info_log = std::make_shared<NoLog>();
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    options.max_background_jobs = 2;
    // Tables must never be flushed apart: a power cut could then leave one ahead of another.
    options.atomic_flush = true;
    options.db_write_buffer_size = 64 << 20;
    options.max_total_wal_size = 256 << 20;
    options.max_open_files = 4096;
    options.stats_dump_period_sec = 0;
    options.bytes_per_sync = 1 << 20;
    return options;
}

std::string AdviceFor(const rocksdb::Status& status, const std::filesystem::path& path) {
    const std::string where = path.string();
    if (status.IsIOError() && status.ToString().find("lock") != std::string::npos)
        return "another amberd is using " + where + "; stop it or choose another --datadir";
    if (status.IsNoSpace()) return "the disk of " + where + " is full; free some space";
    if (status.IsCorruption())
        return "the database in " + where + " is damaged; delete it and sync again";
    return "cannot open the database in " + where;
}

}  // namespace

Store::Store(const StoreOptions& options) : state_(std::make_unique<State>()) {
    state_->path = options.path;
    state_->cache = rocksdb::NewLRUCache(options.cache_bytes, 6);
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    // RocksDB insists on a family of this name; it stays empty.
    families.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions());
    for (Table table : AllTables()) {
        state_->family_options[static_cast<std::size_t>(table)] =
            FamilyOptions(table, state_->cache);
        families.emplace_back(std::string(Name(table)), state_->FamilyOptions(table));
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    if (!options.read_only) {
        std::error_code error;
        std::filesystem::create_directories(options.path, error);
        if (error)
            throw StoreError("cannot create the folder " + options.path.string() + " (" +
                             error.message() + "); choose another --datadir");
    }
    if (options.read_only && !std::filesystem::exists(options.path / "CURRENT"))
        throw StoreError("there is no index in " + options.path.string() +
                         "; check --network and --datadir");
    const rocksdb::Status status =
        options.read_only
            ? rocksdb::DB::OpenForReadOnly(DatabaseOptions(), options.path, families, &handles, &db)
            : rocksdb::DB::Open(DatabaseOptions(), options.path, families, &handles, &db);
    if (!status.ok())
        throw StoreError(AdviceFor(status, options.path) + " (" + status.ToString() + ")");
    state_->db.reset(db);
    state_->db->DestroyColumnFamilyHandle(handles[0]);
    for (std::size_t i = 0; i < kTableCount; ++i) state_->families[i] = handles[i + 1];
    OpenSettledTxids(options.read_only);
    // Not before the lock is ours: another process may be loading right now.
    if (!options.read_only) std::filesystem::remove_all(state_->LoadFolder());
}

void Store::OpenSettledTxids(bool read_only) {
    std::uint64_t count = 0;
    std::string value;
    const auto status = state_->db->Get(rocksdb::ReadOptions(), state_->Family(Table::meta),
                                        ToSlice(kSettledCountKey), &value);
    if (!status.IsNotFound()) {
        Check(status, "read");
        if (value.size() != sizeof count)
            throw StoreError("database: the count of settled txids in " + state_->path.string() +
                             " is damaged; delete the database and sync again");
        for (std::size_t i = 0; i < sizeof count; ++i)
            count |= std::uint64_t{static_cast<std::uint8_t>(value[i])} << (8 * i);
    }
    state_->settled_txids =
        std::make_unique<RowFile>(state_->path / "settled_txids", kTxidSize, count, read_only);
}

Store::State::~State() {
    if (!db) return;
    rocksdb::CancelAllBackgroundWork(db.get(), true);
    for (auto* family : families) db->DestroyColumnFamilyHandle(family);
}

Store::~Store() = default;

void Store::Write(Batch&& batch) {
    CountNothing();
    Check(state_->db->Write(rocksdb::WriteOptions(), &batch.state_->changes), "write");
}

Snapshot Store::TakeSnapshot() const {
    Snapshot snapshot;
    snapshot.state_ = std::make_shared<Snapshot::State>(*state_);
    return snapshot;
}

Snapshot Store::TakeSnapshotWith(const Batch& batch) const {
    StagedRows::Families families{};
    for (const Table table : AllTables())
        families[static_cast<std::size_t>(table)] = state_->Family(table)->GetID();
    const std::shared_ptr<const rocksdb::WriteBatch> changes(batch.state_, &batch.state_->changes);
    Snapshot snapshot;
    snapshot.state_ = std::make_shared<Snapshot::State>(
        *state_, std::make_shared<const StagedRows>(changes, families));
    return snapshot;
}

void Store::SetCacheBytes(std::size_t bytes) { state_->cache->SetCapacity(bytes); }

std::string Store::SettledCountValue(std::uint64_t count) {
    std::string value;
    for (std::size_t i = 0; i < sizeof count; ++i) value += static_cast<char>(count >> (8 * i));
    return value;
}

void Store::AdoptSettledTxids(const std::filesystem::path& rows, std::uint64_t count) {
    const std::filesystem::path place = state_->path / "settled_txids";
    state_->settled_txids.reset();
    std::error_code error;
    std::filesystem::remove(place, error);
    if (!error) std::filesystem::create_hard_link(rows, place, error);
    if (error)
        throw StoreError("cannot put " + rows.string() + " to " + place.string() + ": " +
                         error.message());
    state_->settled_txids = std::make_unique<RowFile>(place, kTxidSize, count, false);
    state_->settled_txids->SyncFolder();
}

RowFile& Store::SettledTxids() { return *state_->settled_txids; }

std::uint64_t Store::DiskBytes() const {
    std::uint64_t bytes = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(state_->path, error)) {
        const auto size = entry.file_size(error);
        if (!error) bytes += size;
    }
    return bytes;
}

void Store::VerifyChecksums() const {
    rocksdb::ReadOptions options;
    options.readahead_size = 1 << 20;
    Check(state_->db->VerifyChecksum(options), "verify");
}

Batch::Batch(const Store& store) : state_(std::make_shared<State>(*store.state_)) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;

void Batch::Put(Table table, std::string_view key, std::string_view value) {
    Check(state_->changes.Put(state_->store.Family(table), ToSlice(key), ToSlice(value)), "batch");
}
void Batch::Delete(Table table, std::string_view key) {
    Check(state_->changes.Delete(state_->store.Family(table), ToSlice(key)), "batch");
}

}  // namespace amber::index::store
