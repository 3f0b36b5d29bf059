#include "index/store/reader.h"

#include <algorithm>

#include "index/store/cursor_state.h"
#include "index/store/state.h"

namespace amber::index::store {

Reader::Reader(const Store& store, Reach reach) : store_(store.state_.get()), reach_(reach) {}
Reader::Reader(Snapshot snapshot, Reach reach)
    : store_(&snapshot.state_->store), snapshot_(std::move(snapshot)), reach_(reach) {}

rocksdb::ReadOptions Reader::Options() const {
    rocksdb::ReadOptions options;
    if (snapshot_.state_) options.snapshot = snapshot_.state_->snapshot;
    if (reach_ == Reach::memory) options.read_tier = rocksdb::kBlockCacheTier;
    return options;
}

const StagedRows* Reader::Staged() const {
    return snapshot_.state_ ? snapshot_.state_->staged.get() : nullptr;
}

std::optional<std::string> Reader::Get(Table table, std::string_view key) const {
    if (const StagedRows* staged = Staged())
        if (const StagedRow* row = staged->Find(table, key))
            return row->value ? std::optional<std::string>(*row->value) : std::nullopt;
    std::string value;
    const auto status = store_->db->Get(Options(), store_->Family(table), ToSlice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    Check(status, "read");
    return value;
}

std::size_t Reader::ReadSettledTxids(std::uint64_t first, std::span<char> rows) const {
    const RowFile& file = *store_->settled_txids;
    const std::uint64_t count = snapshot_.state_ ? snapshot_.state_->settled_txids : file.Count();
    if (first >= count) return 0;
    const auto found = std::min<std::uint64_t>(count - first, rows.size() / file.RowSize());
    file.Read(first, rows.first(found * file.RowSize()), reach_);
    return found;
}

Cursor Reader::NewCursor(Table table, bool whole_table) const {
    auto options = Options();
    options.total_order_seek = whole_table;
    options.prefix_same_as_start = !whole_table;
    return Cursor(std::make_unique<Cursor::State>(*store_, table, snapshot_, options, Staged()));
}
Cursor Reader::Prefixed(Table table) const { return NewCursor(table, false); }
Cursor Reader::Ordered(Table table) const { return NewCursor(table, true); }

}  // namespace amber::index::store
