#pragma once
// Private to index/query.
#include <optional>
#include <utility>

#include "index/query/query.h"
#include "index/store/reader.h"

namespace amber::index {

/// Reads and reused iterators at the view's snapshot. Each cursor is made at its first use.
struct Query::Cursors {
    Cursors(store::Snapshot snapshot, store::Reach r) : reach(r), reader(std::move(snapshot), r) {}

    store::Cursor& Of(store::Table table, std::optional<store::Cursor>& cursor) {
        if (!cursor) cursor.emplace(reader.Prefixed(table));
        return *cursor;
    }
    /// Rows that a thread may read which must not wait. Throws store::NotInMemory beyond them: what
    /// takes long belongs to another thread, even if all of it is in memory.
    void CheckLength(std::size_t rows) const {
        if (reach == store::Reach::memory && rows > kRowsInPlace) throw store::NotInMemory();
    }

    static constexpr std::size_t kRowsInPlace = 4000;
    const store::Reach reach;
    store::Reader reader;
    std::optional<store::Cursor> h, history, history_back, u, txnum;
};

}  // namespace amber::index
