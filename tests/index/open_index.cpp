#include "tests/index/open_index.h"

#include <stdlib.h>
#include <unistd.h>

#include <stdexcept>

#include "index/digest.h"
#include "index/lookup.h"
#include "index/tables/txid_table.h"

namespace amber::index {

TempFolder::TempFolder() {
    // In memory where that is possible: a new database syncs some hundred times to the disk.
    const std::filesystem::path memory = "/dev/shm";
    const auto parent =
        ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "amber-index-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a folder " + name);
    path_ = name;
}
TempFolder::~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

ViewPtr OpenIndex::MakeView(MempoolView mempool) const {
    return std::make_shared<const View>(View{1, processor.GetTip().value(), store.TakeSnapshot(),
                                             processor.GetTxCounts(), std::move(mempool), kept});
}

/// More than any chain here has.
constexpr std::size_t kManyTxids = 1'000'000;

Rows DumpTable(const store::Reader& reader, store::Table table) {
    Rows rows;
    if (table == store::Table::txid) {
        TxNum num{0};
        for (const Txid& txid : ReadTxids(reader, num, kManyTxids)) {
            rows.emplace(tables::TxidKey(num), ToDisplayHex(txid));
            ++num.value;
        }
        return rows;
    }
    auto cursor = reader.Ordered(table);
    for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next())
        if (cursor.Key() != store::Store::kSettledCountKey)
            rows.emplace(cursor.Key(), cursor.Value());
    return rows;
}

std::map<store::Table, Rows> DumpTables(const store::Store& store) {
    const store::Reader reader(store, store::Reach::disk);
    std::map<store::Table, Rows> tables;
    for (const auto table : store::AllTables())
        if (table != store::Table::undo) tables[table] = DumpTable(reader, table);
    return tables;
}

StatusHash DigestOf(const store::Store& store) {
    return ComputeDigest(store::Reader(store, store::Reach::disk)).total;
}

StatusHash DigestOf(const Coin& coin, std::span<const BlockPtr> chain) {
    const TempFolder folder;
    OpenIndex index(coin, folder.Path());
    for (const auto& block : chain) index.processor.Connect(*block, BlockProcessor::Undo::skip);
    index.processor.Flush();
    return DigestOf(index.store);
}

}  // namespace amber::index
