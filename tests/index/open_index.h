#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "index/block_processor.h"
#include "index/query/view.h"
#include "index/store/store.h"
#include "tests/index/naive_model.h"
#include "tests/support/sanitized.h"

namespace amber::index {

/// A folder that is removed at the end.
class TempFolder {
public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& Path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// A database and its writer.
struct OpenIndex {
    static constexpr std::uint32_t kReorgLimit = 100;

    OpenIndex(const Coin& coin, const std::filesystem::path& path,
              std::uint32_t reorg_limit = kReorgLimit,
              std::size_t batch_rows_max = PendingRows::kBatchRowsMax)
        : store({.path = path, .cache_bytes = 64 << 20}),
          processor(coin, store, reorg_limit, batch_rows_max) {}

    /// Of what is flushed. Precondition: everything is.
    [[nodiscard]] ViewPtr MakeView(MempoolView mempool = {}) const;

    store::Store store;
    BlockProcessor processor;
    KeptPtr kept = std::make_shared<Kept>();
};

/// All rows of a table, whichever home they have.
using Rows = std::map<std::string, std::string>;
Rows DumpTable(const store::Reader& reader, store::Table table);

/// All rows of all tables but `undo`.
std::map<store::Table, Rows> DumpTables(const store::Store& store);

/// The digest of a new index of `chain`, built in the plainest way.
StatusHash DigestOf(const Coin& coin, std::span<const BlockPtr> chain);
StatusHash DigestOf(const store::Store& store);

}  // namespace amber::index
