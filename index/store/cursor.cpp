#include <rocksdb/slice_transform.h>

#include "index/store/cursor_state.h"

namespace amber::index::store {

Cursor::State::State(const Store::State& of, Table walked, Snapshot at,
                     const rocksdb::ReadOptions& how, const StagedRows* rows)
    : store(of), table(walked), snapshot(std::move(at)), options(how), staged(rows) {
    if (staged && staged->Of(table).empty()) staged = nullptr;
    Open();
}

void Cursor::State::Open() {
    CountNothing();
    iterator.reset(store.db->NewIterator(options, store.Family(table)));
    failed = false;
}

void Cursor::State::CheckMove() {
    if (iterator->Valid()) return;
    const rocksdb::Status status = iterator->status();
    failed = !status.ok();
    Check(status, "read");
}

void Cursor::State::BeforeSeek() {
    // An index block that was not in memory leaves its error in the iterator of that file, where it
    // stays through all seeks that the file's filter answers: each would seem to fail as well.
    if (failed) Open();
    on_staged = false;
}

void Cursor::State::EndAtPrefix() {
    if (!ahead.empty() && !ahead.front().key.starts_with(prefix)) ahead = {};
}

void Cursor::State::Settle() {
    for (on_staged = false; !ahead.empty();) {
        const StagedRow& row = ahead.front();
        if (iterator->Valid() && ToView(iterator->key()) < row.key) return;
        if (row.value) {
            on_staged = true;
            return;
        }
        const bool deleted_here = BothAtSameRow();
        ahead = ahead.subspan(1);
        EndAtPrefix();
        if (!deleted_here) continue;
        iterator->Next();
        CheckMove();
    }
}

void Cursor::State::Seek(std::string_view key) {
    BeforeSeek();
    iterator->Seek(ToSlice(key));
    CheckMove();
    if (!staged) return;
    ahead = staged->From(table, key);
    if (!options.total_order_seek)
        if (const auto& extractor = store.FamilyOptions(table).prefix_extractor)
            prefix = ToView(extractor->Transform(ToSlice(key)));
    EndAtPrefix();
    Settle();
}

void Cursor::State::SeekToFirst() {
    BeforeSeek();
    iterator->SeekToFirst();
    CheckMove();
    if (!staged) return;
    ahead = staged->Of(table);
    Settle();
}

void Cursor::State::SeekBack(std::string_view key) {
    BeforeSeek();
    iterator->SeekForPrev(ToSlice(key));
    CheckMove();
    if (!staged) return;
    auto behind = staged->Of(table);
    const auto after = staged->From(table, key);
    behind = behind.first(behind.size() - after.size() +
                          (!after.empty() && after.front().key == key ? 1 : 0));
    while (!behind.empty()) {
        const StagedRow& row = behind.back();
        if (iterator->Valid() && ToView(iterator->key()) > row.key) break;
        if (row.value) return Seek(row.key);
        const bool deleted_here = iterator->Valid() && ToView(iterator->key()) == row.key;
        behind = behind.first(behind.size() - 1);
        if (!deleted_here) continue;
        iterator->Prev();
        CheckMove();
    }
    ahead = {};
    if (iterator->Valid()) Seek(std::string(ToView(iterator->key())));
}

void Cursor::State::Next() {
    if (!on_staged) {
        iterator->Next();
        CheckMove();
    } else {
        const bool replaced_here = BothAtSameRow();
        ahead = ahead.subspan(1);
        EndAtPrefix();
        if (replaced_here) {
            iterator->Next();
            CheckMove();
        }
    }
    if (staged) Settle();
}

Cursor::Cursor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Cursor::~Cursor() = default;
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;

void Cursor::Seek(std::string_view key) { state_->Seek(key); }
void Cursor::SeekBack(std::string_view key) { state_->SeekBack(key); }
void Cursor::SeekToFirst() { state_->SeekToFirst(); }
void Cursor::Next() { state_->Next(); }
bool Cursor::Valid() const { return state_->Valid(); }
std::string_view Cursor::Key() const { return state_->Key(); }
std::string_view Cursor::Value() const { return state_->Value(); }

}  // namespace amber::index::store
