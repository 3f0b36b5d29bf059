#include "index/tables/undo_table.h"

#include <algorithm>

namespace amber::index::tables {

void UndoWriter::AppendKey(store::Table table, std::string_view key) {
    const auto differ =
        std::mismatch(key.begin(), key.end(), last_key_.begin(), last_key_.end()).first;
    const auto shared = static_cast<std::size_t>(differ - key.begin());
    value_.push_back(static_cast<char>(table));
    AppendVarInt(value_, shared);
    AppendVarInt(value_, key.size() - shared);
    value_ += key.substr(shared);
    last_key_ = key;
}

void UndoWriter::Created(store::Table table, std::string_view key) {
    AppendKey(table, key);
    AppendVarInt(value_, 0);
}

void UndoWriter::Replaced(store::Table table, std::string_view key, std::string_view old_value) {
    AppendKey(table, key);
    AppendVarInt(value_, 1 + old_value.size());
    value_ += old_value;
}

std::optional<UndoReader::Entry> UndoReader::Next() {
    if (row_.Done()) return std::nullopt;
    const auto table = row_.Int<1>();
    const auto shared = row_.VarInt();
    if (table >= store::kTableCount || shared > key_.size())
        throw store::StoreError("database: an undo record is damaged; delete it and sync again");
    key_.resize(shared);
    key_ += row_.Raw(row_.VarInt());
    Entry entry{static_cast<store::Table>(table), key_, std::nullopt};
    if (const auto size = row_.VarInt(); size > 0) entry.old_value = row_.Raw(size - 1);
    return entry;
}

}  // namespace amber::index::tables
