#include "index/store/reader.h"

#include <rocksdb/iterator.h>

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

std::vector<std::optional<std::string>> Reader::GetMany(
    Table table, std::span<const std::string_view> keys) const {
    std::vector<std::optional<std::string>> found(keys.size());
    if (reach_ == Reach::memory) {
        // RocksDB 7.8's MultiGet goes to the disk all the same, and does not even keep what it read.
        for (std::size_t i = 0; i < keys.size(); ++i) found[i] = Get(table, keys[i]);
        return found;
    }
    std::vector<rocksdb::Slice> slices;
    slices.reserve(keys.size());
    for (std::string_view key : keys) slices.push_back(ToSlice(key));
    std::vector<rocksdb::PinnableSlice> values(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    store_->db->MultiGet(Options(), store_->Family(table), slices.size(), slices.data(),
                         values.data(), statuses.data());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (statuses[i].IsNotFound()) continue;
        Check(statuses[i], "read");
        found[i].emplace(values[i].data(), values[i].size());
    }
    return found;
}

Cursor Reader::NewCursor(Table table, bool whole_table) const {
    auto options = Options();
    options.total_order_seek = whole_table;
    options.prefix_same_as_start = !whole_table;
    auto state = std::make_unique<Cursor::State>(
        Cursor::State{*store_, table, snapshot_, options, nullptr});
    state->Open();
    return Cursor(std::move(state));
}
Cursor Reader::Prefixed(Table table) const { return NewCursor(table, false); }
Cursor Reader::Ordered(Table table) const { return NewCursor(table, true); }

}  // namespace amber::index::store
