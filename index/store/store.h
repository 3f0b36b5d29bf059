#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "index/store/batch.h"
#include "index/store/reach.h"
#include "index/store/row_file.h"
#include "index/store/snapshot.h"
#include "index/store/table.h"

namespace amber::index::store {

struct StoreOptions {
    std::filesystem::path path;
    std::size_t cache_bytes = 256 << 20;  ///< blocks kept in memory for reads
    bool read_only = false;               ///< refuses to create; does not lock
};

/// The database: one RocksDB with a column family per table. The only code that knows RocksDB.
/// Thread: Write and BulkLoad from one thread; everything else is thread-safe.
/// Errors: StoreError, with the path and what to do.
///
/// The rows of Table::txid have two homes: the newest are in RocksDB, where they can be undone, and
/// those that nothing will undo in a RowFile (ReadTxid in index/lookup.h looks in both). To settle
/// rows, append them to SettledTxids(), then, in one batch, put the new count (SettledCountValue)
/// under kSettledCountKey of Table::meta and delete them from Table::txid.
class Store {
public:
    static constexpr std::string_view kSettledCountKey = "settled txids";
    [[nodiscard]] static std::string SettledCountValue(std::uint64_t count);
    [[nodiscard]] RowFile& SettledTxids();
    /// Takes `rows`, a file of `count` txids on the same file system, in place of SettledTxids();
    /// it stays under its own name too. The count is still to be put. Precondition: there is none
    /// yet, and nobody reads.
    void AdoptSettledTxids(const std::filesystem::path& rows, std::uint64_t count);

    /// Opens or creates. After a crash the state is that of the last whole Write or Commit.
    explicit Store(const StoreOptions& options);
    /// Flushes. All snapshots, readers and cursors must be gone.
    ~Store();
    Store(const Store&) = delete;

    /// All of the batch or nothing of it, then readable at once. Survives a killed process; after a
    /// power cut a suffix of the last batches may be missing, never a part of one.
    void Write(Batch&& batch);

    [[nodiscard]] Snapshot TakeSnapshot() const;
    /// What TakeSnapshot() will give once the batch is written: for who cannot wait for that. Takes
    /// the memory of the batch for as long as it lives. Precondition: of each table the batch has
    /// rows in strictly ascending order (RowSink), and nothing is added to it any more.
    [[nodiscard]] Snapshot TakeSnapshotWith(const Batch& batch) const;

    /// Resizes the block cache: small while a first sync needs the memory, full for serving.
    void SetCacheBytes(std::size_t bytes);

    [[nodiscard]] std::uint64_t DiskBytes() const;

    /// Holds every block of every file against its checksum, those too that no row is read from
    /// (indexes, filters). Takes as long as reading all. Throws StoreError.
    void VerifyChecksums() const;

private:
    friend class Batch;
    friend class BulkLoad;
    friend class Cursor;
    friend class Reader;
    friend class Snapshot;
    struct State;
    void OpenSettledTxids(bool read_only);

    std::unique_ptr<State> state_;
};

}  // namespace amber::index::store
