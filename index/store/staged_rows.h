#pragma once
// Private to index/store.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "index/store/table.h"

namespace rocksdb {
class WriteBatch;
}

namespace amber::index::store {

/// A row of a batch. Borrows the batch's bytes.
struct StagedRow {
    std::string_view key;
    std::optional<std::string_view> value;  ///< nothing: the batch deletes it
};

/// The rows of a batch that is not in the database yet, to be read beside it: of each table in key
/// order. Immutable, thread-safe; the batch may be written meanwhile.
class StagedRows {
public:
    using Families = std::array<std::uint32_t, kTableCount>;  ///< RocksDB's number of each table

    /// Precondition: the rows of each table are in strictly ascending order, and nothing is added
    /// to the batch any more. Throws StoreError.
    StagedRows(std::shared_ptr<const rocksdb::WriteBatch> batch, const Families& families);

    /// The rows of `table` from `key` on.
    [[nodiscard]] std::span<const StagedRow> From(Table table, std::string_view key) const;
    [[nodiscard]] std::span<const StagedRow> Of(Table table) const {
        return tables_[static_cast<std::size_t>(table)];
    }
    /// Null: the batch does not touch it.
    [[nodiscard]] const StagedRow* Find(Table table, std::string_view key) const;

private:
    const std::shared_ptr<const rocksdb::WriteBatch> batch_;
    std::array<std::vector<StagedRow>, kTableCount> tables_;
};

}  // namespace amber::index::store
