#pragma once
// Private to index/store.
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "index/store/reader.h"
#include "index/store/staged_rows.h"
#include "index/store/state.h"

namespace amber::index::store {

/// Two walks side by side: over the database, and over the rows of a batch that is not in it yet,
/// if the snapshot has any. Where both have a row, the batch's counts.
struct Cursor::State {
    State(const Store::State& of, Table walked, Snapshot at, const rocksdb::ReadOptions& how,
          const StagedRows* rows);

    void Seek(std::string_view key);
    void SeekBack(std::string_view key);
    void SeekToFirst();
    void Next();
    [[nodiscard]] bool Valid() const { return on_staged || iterator->Valid(); }
    [[nodiscard]] std::string_view Key() const {
        return on_staged ? ahead.front().key : ToView(iterator->key());
    }
    [[nodiscard]] std::string_view Value() const {
        return on_staged ? *ahead.front().value : ToView(iterator->value());
    }

private:
    void Open();
    /// Opens anew after an error.
    void BeforeSeek();
    /// Throws what a move of the iterator that ended nowhere means.
    void CheckMove();
    /// From where both walks stand, goes to the next row there is.
    void Settle();
    [[nodiscard]] bool BothAtSameRow() const {
        return iterator->Valid() && ToView(iterator->key()) == ahead.front().key;
    }
    /// Of the rows ahead none is beyond the prefix sought.
    void EndAtPrefix();

    const Store::State& store;
    const Table table;
    const Snapshot snapshot;  ///< keeps it alive for the iterator
    const rocksdb::ReadOptions options;
    const StagedRows* staged;  ///< of the snapshot; null: none for this table
    std::unique_ptr<rocksdb::Iterator> iterator;
    bool failed = false;
    std::span<const StagedRow> ahead;  ///< of the staged rows those not passed yet
    std::string prefix;                ///< where a prefixed walk ends
    bool on_staged = false;            ///< the cursor is at ahead.front(), else at the iterator
};

}  // namespace amber::index::store
