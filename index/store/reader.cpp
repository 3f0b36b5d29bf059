#include "index/store/reader.h"

#include <rocksdb/iterator.h>

#include "index/store/state.h"

namespace amber::index::store {

struct Cursor::State {
    Snapshot snapshot;  ///< keeps it alive for the iterator
    std::unique_ptr<rocksdb::Iterator> iterator;
};

Cursor::Cursor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Cursor::~Cursor() = default;
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;

void Cursor::CheckMove() const {
    if (!state_->iterator->Valid()) Check(state_->iterator->status(), "read");
}
void Cursor::Seek(std::string_view key) {
    state_->iterator->Seek(ToSlice(key));
    CheckMove();
}
void Cursor::SeekToFirst() {
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
    std::vector<rocksdb::Slice> slices;
    slices.reserve(keys.size());
    for (std::string_view key : keys) slices.push_back(ToSlice(key));
    std::vector<rocksdb::PinnableSlice> values(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    store_->db->MultiGet(Options(), store_->Family(table), slices.size(), slices.data(),
                         values.data(), statuses.data());
    std::vector<std::optional<std::string>> found(keys.size());
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
    auto state = std::make_unique<Cursor::State>();
    state->snapshot = snapshot_;
    state->iterator.reset(store_->db->NewIterator(options, store_->Family(table)));
    return Cursor(std::move(state));
}
Cursor Reader::Prefixed(Table table) const { return NewCursor(table, false); }
Cursor Reader::Ordered(Table table) const { return NewCursor(table, true); }

}  // namespace amber::index::store
