#include "index/digest.h"

#include "index/chain/sha256.h"
#include "index/tables/history_table.h"

namespace amber::index {

using store::Table;

namespace {

/// Hashes rows with their sizes in front, so that bytes cannot wander from one row to another.
class RowHash {
public:
    void Add(std::string_view key, std::string_view value) {
        const std::uint32_t sizes[2] = {static_cast<std::uint32_t>(key.size()),
                                        static_cast<std::uint32_t>(value.size())};
        hash_.Update({reinterpret_cast<const std::uint8_t*>(sizes), sizeof sizes});
        hash_.Update({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()});
        hash_.Update({reinterpret_cast<const std::uint8_t*>(value.data()), value.size()});
        ++rows_;
    }
    [[nodiscard]] std::uint64_t Rows() const { return rows_; }
    StatusHash Finish() {
        StatusHash result;
        hash_.Finish(result.bytes.data());
        return result;
    }

private:
    Sha256 hash_;
    std::uint64_t rows_ = 0;
};

}  // namespace

Digest ComputeDigest(const store::Reader& reader) {
    Digest digest;
    Sha256 total;
    for (Table table : store::AllTables()) {
        RowHash rows;
        auto cursor = reader.Ordered(table);
        for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) {
            if (table != Table::history) {
                rows.Add(cursor.Key(), cursor.Value());
                continue;
            }
            const HashX script = tables::ReadHistoryScript(cursor.Key());
            tables::ForEachInHistoryRow(cursor.Key(), cursor.Value(), [&](TxNum num) {
                rows.Add(tables::HistoryKey(script, num), {});
            });
        }
        const auto i = static_cast<std::size_t>(table);
        digest.rows[i] = rows.Rows();
        digest.tables[i] = rows.Finish();
        if (table != Table::undo) total.Update(digest.tables[i].View());
    }
    total.Finish(digest.total.bytes.data());
    return digest;
}

}  // namespace amber::index
