#include "index/store/staged_rows.h"

#include <rocksdb/write_batch.h>

#include <algorithm>

#include "index/store/state.h"

namespace amber::index::store {

namespace {

/// Gathers the rows of each column family.
class Gatherer : public rocksdb::WriteBatch::Handler {
public:
    Gatherer(const StagedRows::Families& families,
             std::array<std::vector<StagedRow>, kTableCount>& tables)
        : families_(families), tables_(tables) {}

    rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& key,
                          const rocksdb::Slice& value) override {
        return Add(family, {ToView(key), ToView(value)});
    }
    rocksdb::Status DeleteCF(std::uint32_t family, const rocksdb::Slice& key) override {
        return Add(family, {ToView(key), std::nullopt});
    }

private:
    rocksdb::Status Add(std::uint32_t family, const StagedRow& row) {
        const auto found = std::find(families_.begin(), families_.end(), family);
        if (found == families_.end()) return rocksdb::Status::InvalidArgument("no such family");
        tables_[static_cast<std::size_t>(found - families_.begin())].push_back(row);
        return rocksdb::Status::OK();
    }

    const StagedRows::Families& families_;
    std::array<std::vector<StagedRow>, kTableCount>& tables_;
};

}  // namespace

StagedRows::StagedRows(std::shared_ptr<const rocksdb::WriteBatch> batch, const Families& families)
    : batch_(std::move(batch)) {
    Gatherer gatherer(families, tables_);
    Check(batch_->Iterate(&gatherer), "stage");
}

std::span<const StagedRow> StagedRows::From(Table table, std::string_view key) const {
    const auto rows = Of(table);
    const auto first =
        std::lower_bound(rows.begin(), rows.end(), key,
                         [](const StagedRow& row, std::string_view k) { return row.key < k; });
    return rows.subspan(static_cast<std::size_t>(first - rows.begin()));
}

const StagedRow* StagedRows::Find(Table table, std::string_view key) const {
    const auto rows = From(table, key);
    return !rows.empty() && rows.front().key == key ? &rows.front() : nullptr;
}

}  // namespace amber::index::store
