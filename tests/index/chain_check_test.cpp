#include "index/chain_check.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "index/digest.h"
#include "index/tables/header_table.h"
#include "tests/index/chain_source.h"
#include "tests/index/open_index.h"
#include "tests/index/random_chain.h"

namespace amber::index {
namespace {

/// A hundred blocks, all but the newest ten settled.
class ChainCheckTest : public ::testing::Test {
protected:
    ChainCheckTest() {
        OpenIndex index(Regtest(), Path(), 10);
        for (std::size_t i = 0; i < kBlocks; ++i)
            index.processor.Connect(*OracleChain()[i], BlockProcessor::Undo::keep);
        index.processor.Flush();
        tip_ = *index.processor.GetTip();
    }
    [[nodiscard]] std::filesystem::path Path() const { return folder_.Path() / "db"; }
    /// Empty if nothing is wrong.
    [[nodiscard]] std::string Complaint(const Coin& coin = Regtest()) const {
        const store::Store store({.path = Path()});
        try {
            const auto tip =
                CheckChain(coin, store::Reader(store, store::Reach::disk), [](Height) {});
            EXPECT_EQ(tip, tip_);
        } catch (const store::StoreError& error) {
            return error.what();
        }
        return {};
    }
    void Change(store::Table table, std::string_view key,
                const std::function<void(std::string&)>& change) const {
        store::Store store({.path = Path()});
        std::string value = *store::Reader(store, store::Reach::disk).Get(table, key);
        change(value);
        store::Batch batch(store);
        batch.Put(table, key, value);
        store.Write(std::move(batch));
    }

    static constexpr std::size_t kBlocks = 100;
    TempFolder folder_;
    Tip tip_;
};

TEST_F(ChainCheckTest, AWholeIndexIsWhole) {
    EXPECT_EQ(Complaint(), "");
    EXPECT_NE(Complaint(Network("signet")).find("block 0: not the genesis block"),
              std::string::npos);
}

/// As `amberd check` does.
StatusHash CheckWhole(const std::filesystem::path& path) {
    const store::Store store({.path = path, .read_only = true});
    const store::Reader reader(store, store::Reach::disk);
    store.VerifyChecksums();
    CheckChain(Regtest(), reader, [](Height) {});
    return ComputeDigest(reader).total;
}

void Flip(const std::filesystem::path& path, std::uint64_t at, char bit) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(file.get() ^ bit);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
}

/// The file of settled txids has no checksums of its own.
TEST_F(ChainCheckTest, Check11_AnyFlippedByteOfASettledTxidIsFound) {
    const auto path = Path() / "settled_txids";
    const auto size = std::filesystem::file_size(path);
    ASSERT_GT(size, 32 * kBlocks / 2);
    std::mt19937_64 random(TestSeed());
    for (int round = 0; round < 20; ++round) {
        const auto at = random() % size;
        const char bit = static_cast<char>(1 << (random() % 8));
        Flip(path, at, bit);
        EXPECT_NE(Complaint().find("not those its header commits to"), std::string::npos)
            << "byte " << at;
        Flip(path, at, bit);
    }
    EXPECT_EQ(Complaint(), "");
}

/// Of every file of the database: refused at opening, found by `amberd check`, or of no effect but
/// that the last batches are missing, as after a power cut.
TEST(ChainCheck, Check11_AnyFlippedByteOfTheDatabaseIsFoundOrHarmless) {
    const TempFolder folder;
    const auto path = folder.Path() / "db";
    std::set<StatusHash> prefixes;  // digests after each flush
    const auto connect = [&](std::size_t from, std::size_t to, std::size_t batch_rows_max) {
        OpenIndex index(Regtest(), path, 10, batch_rows_max);
        prefixes.insert(DigestOf(index.store));
        for (std::size_t i = from; i < to; ++i) {
            index.processor.Connect(*OracleChain()[i], BlockProcessor::Undo::keep);
            if (i % 10 < 9) continue;
            index.processor.Flush();
            prefixes.insert(DigestOf(index.store));
        }
    };
    connect(0, 60, 0);  // by sorted files
    connect(60, 100, PendingRows::kBatchRowsMax);

    std::mt19937_64 random(TestSeed());
    std::map<std::string, std::pair<int, int>> found;  // by kind of file, of how many
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        const auto size = entry.is_regular_file() ? entry.file_size() : 0;
        const std::string name = entry.path().filename().string();
        if (size == 0 || name == "settled_txids" || name.starts_with("OPTIONS")) continue;
        const std::string kind = name.ends_with(".sst") ? "sst" : name.substr(0, 8);
        for (int round = 0; round < (kSanitized ? 2 : 10); ++round) {
            const auto at = random() % size;
            const char bit = static_cast<char>(1 << (random() % 8));
            SCOPED_TRACE(name + ", byte " + std::to_string(at) + " of " + std::to_string(size));
            Flip(entry.path(), at, bit);
            ++found[kind].second;
            try {
                EXPECT_TRUE(prefixes.contains(CheckWhole(path)));
            } catch (const store::StoreError&) {
                ++found[kind].first;
            }
            Flip(entry.path(), at, bit);
        }
    }
    for (const auto& [kind, of] : found)
        std::printf("%s: %d of %d found\n", kind.c_str(), of.first, of.second);
    // What is left are bytes that nobody reads: fillers of footers, and what says how a file was
    // made.
    EXPECT_GT(found["sst"].second, kSanitized ? 20 : 100);
    EXPECT_GT(found["sst"].first * 10, found["sst"].second * 8);
    EXPECT_TRUE(prefixes.contains(CheckWhole(path)));
}

TEST_F(ChainCheckTest, ADamagedHeaderRowIsNamed) {
    const auto key = tables::HeaderKey({42});
    Change(store::Table::header, key.View(), [](std::string& row) { row.back() ^= 1; });
    EXPECT_NE(Complaint().find("block 42: its header has another hash"), std::string::npos);
    Change(store::Table::header, key.View(), [](std::string& row) { row.back() ^= 1; });
    Change(store::Table::header, key.View(), [](std::string& row) { row.pop_back(); });
    EXPECT_NE(Complaint().find("block 42: its header is cut off"), std::string::npos);
}

TEST_F(ChainCheckTest, AMissingBlockIsNamed) {
    {
        store::Store store({.path = Path()});
        store::Batch batch(store);
        batch.Delete(store::Table::header, tables::HeaderKey({99}));
        store.Write(std::move(batch));
    }
    EXPECT_NE(Complaint().find("names another tip"), std::string::npos);
    {
        store::Store store({.path = Path()});
        store::Batch batch(store);
        batch.Delete(store::Table::header, tables::HeaderKey({50}));
        store.Write(std::move(batch));
    }
    EXPECT_NE(Complaint().find("block 50: it is missing"), std::string::npos);
}

}  // namespace
}  // namespace amber::index
