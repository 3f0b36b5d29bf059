#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "index/store/table.h"
#include "index/tables/row_bytes.h"

// undo: height (4) -> for each row the block touched:
//                     table (1), shared (varint), rest (varint), rest of the key,
//                     0 (varint): the row did not exist | 1 + size (varint), old value
// `shared` counts the leading bytes the key has in common with the key before it in the record.
// Applying all entries puts every table back to what it was before the block, whatever the tables
// are. Kept for the newest reorg_limit blocks. On disk: frozen.
namespace amber::index::tables {

inline FixedKey<4> UndoKey(Height height) { return FixedKey<4>().Int<4>(height.value); }

/// Builds the value of one undo row.
class UndoWriter {
public:
    /// The block made this row; undoing it deletes it.
    void Created(store::Table table, std::string_view key);
    /// The block deleted or replaced this row; undoing it puts `old_value` back.
    void Replaced(store::Table table, std::string_view key, std::string_view old_value);

    [[nodiscard]] std::string Take() { return std::move(value_); }

private:
    void AppendKey(store::Table table, std::string_view key);

    std::string value_;
    std::string last_key_;
};

/// Reads an undo row back. Throws StoreError if it is damaged.
class UndoReader {
public:
    struct Entry {
        store::Table table;
        std::string_view key;                       ///< holds until the next entry
        std::optional<std::string_view> old_value;  ///< nothing: delete the row
    };
    explicit UndoReader(std::string_view value) : row_(value) {}
    /// Nothing at the end.
    std::optional<Entry> Next();

private:
    RowReader row_;
    std::string key_;
};

}  // namespace amber::index::tables
