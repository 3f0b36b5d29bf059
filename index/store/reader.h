#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/store/reach.h"
#include "index/store/snapshot.h"
#include "index/store/store.h"
#include "index/store/table.h"

namespace rocksdb {
struct ReadOptions;
}

namespace amber::index::store {

class StagedRows;

/// Walks the rows of one table in key order. One thread. Views into key and value hold until the
/// cursor moves. Every move may throw NotInMemory or StoreError; a Seek may follow, which then sees
/// the newest state if the reader has no snapshot.
class Cursor {
public:
    ~Cursor();
    Cursor(Cursor&&) noexcept;
    Cursor& operator=(Cursor&&) noexcept;

    /// To the first row whose key is >= `key`.
    void Seek(std::string_view key);
    /// To the last row whose key is <= `key`. Precondition: the cursor is Ordered().
    void SeekBack(std::string_view key);
    void SeekToFirst();
    void Next();
    [[nodiscard]] bool Valid() const;
    [[nodiscard]] std::string_view Key() const;
    [[nodiscard]] std::string_view Value() const;
    [[nodiscard]] bool At(std::string_view prefix) const {
        return Valid() && Key().starts_with(prefix);
    }

private:
    friend class Reader;
    struct State;
    explicit Cursor(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Reads at one snapshot, or of the newest state if made without one. Thread-safe but for the
/// cursors it hands out, each of which keeps the state at which it was made. Must not outlive its
/// store.
class Reader {
public:
    Reader(const Store& store, Reach reach);
    /// Precondition: the snapshot is one that a store took.
    Reader(Snapshot snapshot, Reach reach);

    [[nodiscard]] std::optional<std::string> Get(Table table, std::string_view key) const;
    /// Rows of Table::txid from `first` on, as many as `rows` has room for; settled ones only.
    /// Returns how many there were.
    std::size_t ReadSettledTxids(std::uint64_t first, std::span<char> rows) const;
    /// Finds only rows that share with the key sought the prefix on which the table's filter is
    /// built (store.cpp), and ends where it ends.
    [[nodiscard]] Cursor Prefixed(Table table) const;
    /// Finds and walks everything; of Table::txid only what is not settled.
    [[nodiscard]] Cursor Ordered(Table table) const;

private:
    [[nodiscard]] rocksdb::ReadOptions Options() const;
    [[nodiscard]] const StagedRows* Staged() const;
    [[nodiscard]] Cursor NewCursor(Table table, bool whole_table) const;

    const Store::State* store_;
    Snapshot snapshot_;
    Reach reach_;
};

}  // namespace amber::index::store
