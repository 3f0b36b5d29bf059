#include "index/digest.h"

#include "index/chain/sha256.h"
#include "index/lookup.h"
#include "index/tables/history_table.h"
#include "index/tables/txid_table.h"

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

/// The rows of Table::txid from both of their homes.
template <class Visit>
void ForEachTxidRow(const store::Reader& reader, Visit&& visit) {
    constexpr std::size_t kAtOnce = 4096;
    std::vector<Txid> txids;
    for (TxNum first{0};; first.value += txids.size()) {
        txids = ReadTxids(reader, first, kAtOnce);
        if (txids.empty()) return;
        for (std::size_t i = 0; i < txids.size(); ++i)
            visit(tables::TxidKey({first.value + i}),
                  std::string_view(reinterpret_cast<const char*>(txids[i].bytes.data()), 32));
    }
}

/// Rows as they would be without what only concerns how they are kept: which txids are settled,
/// and how many entries share a history row.
template <class Visit>
void ForEachLogicalRow(const store::Reader& reader, Table table, Visit&& visit) {
    if (table == Table::txid) return ForEachTxidRow(reader, visit);
    auto cursor = reader.Ordered(table);
    for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) {
        if (table == Table::meta && cursor.Key() == store::Store::kSettledCountKey) continue;
        if (table != Table::history) {
            visit(cursor.Key(), cursor.Value());
            continue;
        }
        const HashX script = tables::ReadHistoryScript(cursor.Key());
        tables::ForEachInHistoryRow(cursor.Key(), cursor.Value(),
                                    [&](TxNum num) { visit(tables::HistoryKey(script, num), {}); });
    }
}

}  // namespace

Digest ComputeDigest(const store::Reader& reader) {
    Digest digest;
    Sha256 total;
    for (Table table : store::AllTables()) {
        RowHash rows;
        ForEachLogicalRow(reader, table, [&](std::string_view key, std::string_view value) {
            rows.Add(key, value);
        });
        const auto i = static_cast<std::size_t>(table);
        digest.rows[i] = rows.Rows();
        digest.tables[i] = rows.Finish();
        if (table != Table::undo) total.Update(digest.tables[i].View());
    }
    total.Finish(digest.total.bytes.data());
    return digest;
}

}  // namespace amber::index
