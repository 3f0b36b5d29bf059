#include "index/store/reader.h"

#include <rocksdb/iterator.h>

#include <algorithm>

#include "index/store/state.h"

namespace amber::index::store {

struct Cursor::State {
    const Store::State& store;
    Table table;
    Snapshot snapshot;  ///< keeps it alive for the iterator
    rocksdb::ReadOptions options;
    std::unique_ptr<rocksdb::Iterator> iterator;
    bool failed = false;

    void Open() {
        CountNothing();
        iterator.reset(store.db->NewIterator(options, store.Family(table)));
        failed = false;
    }
};

Cursor::Cursor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Cursor::~Cursor() = default;
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;

void Cursor::CheckMove() {
    if (state_->iterator->Valid()) return;
    const rocksdb::Status status = state_->iterator->status();
    state_->failed = !status.ok();
    Check(status, "read");
}
void Cursor::BeforeSeek() {
    // An index block that was not in memory leaves its error in the iterator of that file, where it
    // stays through all seeks that the file's filter answers: each would seem to fail as well.
    if (state_->failed) state_->Open();
}
void Cursor::Seek(std::string_view key) {
    BeforeSeek();
    state_->iterator->Seek(ToSlice(key));
    CheckMove();
}
void Cursor::SeekBack(std::string_view key) {
    BeforeSeek();
    state_->iterator->SeekForPrev(ToSlice(key));
    CheckMove();
}
void Cursor::SeekToFirst() {
    BeforeSeek();
    state_->iterator->SeekToFirst();
    CheckMove();
}
void Cursor::Next() {
    state_->iterator->Next();
    CheckMove();
}
bool Cursor::Valid() const { return state_->iterator->Valid(); }
std::string_view Cursor::Key() const { return ToView(state_->iterator->key()); }
std::string_view Cursor::Value() const { return ToView(state_->iterator->value()); }

Reader::Reader(const Store& store, Reach reach) : store_(store.state_.get()), reach_(reach) {}
Reader::Reader(Snapshot snapshot, Reach reach)
    : store_(&snapshot.state_->store), snapshot_(std::move(snapshot)), reach_(reach) {}

rocksdb::ReadOptions Reader::Options() const {
    rocksdb::ReadOptions options;
    if (snapshot_.state_) options.snapshot = snapshot_.state_->snapshot;
    if (reach_ == Reach::memory) options.read_tier = rocksdb::kBlockCacheTier;
    return options;
}

std::optional<std::string> Reader::Get(Table table, std::string_view key) const {
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
    auto state =
        std::make_unique<Cursor::State>(Cursor::State{*store_, table, snapshot_, options, nullptr});
    state->Open();
    return Cursor(std::move(state));
}
Cursor Reader::Prefixed(Table table) const { return NewCursor(table, false); }
Cursor Reader::Ordered(Table table) const { return NewCursor(table, true); }

}  // namespace amber::index::store
