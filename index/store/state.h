#pragma once
// Private to index/store: the RocksDB side of the public classes.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "index/store/batch.h"
#include "index/store/row_file.h"
#include "index/store/snapshot.h"
#include "index/store/staged_rows.h"
#include "index/store/store.h"

namespace amber::index::store {

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

/// For the calling thread: RocksDB counts each comparison of keys, which is a part of its time, for
/// whoever asks. Nobody does.
inline void CountNothing() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); }

/// Throws what a failed status means: NotInMemory, or StoreError naming `doing`.
void Check(const rocksdb::Status& status, std::string_view doing);

struct Store::State {
    ~State();
    std::filesystem::path path;
    std::shared_ptr<rocksdb::Cache> cache;
    std::unique_ptr<rocksdb::DB> db;
    std::array<rocksdb::ColumnFamilyHandle*, kTableCount> families{};
    std::array<rocksdb::ColumnFamilyOptions, kTableCount> family_options;
    std::unique_ptr<RowFile> settled_txids;

    [[nodiscard]] rocksdb::ColumnFamilyHandle* Family(Table table) const {
        return families[static_cast<std::size_t>(table)];
    }
    [[nodiscard]] const rocksdb::ColumnFamilyOptions& FamilyOptions(Table table) const {
        return family_options[static_cast<std::size_t>(table)];
    }
    [[nodiscard]] std::filesystem::path LoadFolder() const { return path / "load"; }
};

struct Batch::State {
    explicit State(const Store::State& s) : store(s) {}
    const Store::State& store;
    rocksdb::WriteBatch changes;
};

struct Snapshot::State {
    explicit State(const Store::State& s, std::shared_ptr<const StagedRows> rows = nullptr)
        : store(s),
          snapshot(s.db->GetSnapshot()),
          settled_txids(s.settled_txids->Count()),
          staged(std::move(rows)) {}
    State(const State&) = delete;
    const Store::State& store;
    const rocksdb::Snapshot* const snapshot;
    /// Later ones can be of another branch, if the snapshot is as old as the longest
    /// reorganisation.
    const std::uint64_t settled_txids;
    const std::shared_ptr<const StagedRows> staged;  ///< newer than `snapshot`; null: none
    ~State() { store.db->ReleaseSnapshot(snapshot); }
};

}  // namespace amber::index::store
