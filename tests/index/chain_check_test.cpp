#include "index/chain_check.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "index/tables/header_table.h"
#include "tests/index/chain_source.h"
#include "tests/index/open_index.h"

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

/// Acceptance check b.4, 11: the file of settled txids has no checksums of its own.
TEST_F(ChainCheckTest, AnyFlippedByteOfASettledTxidIsFound) {
    const auto path = Path() / "settled_txids";
    const auto size = std::filesystem::file_size(path);
    ASSERT_GT(size, 32 * kBlocks / 2);
    const unsigned seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 20; ++round) {
        const auto at = static_cast<std::streamoff>(random() % size);
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        const auto flip = [&](char bit) {
            file.seekg(at);
            const char byte = static_cast<char>(file.get() ^ bit);
            file.seekp(at);
            file.put(byte);
            file.flush();
        };
        const char bit = static_cast<char>(1 << (random() % 8));
        flip(bit);
        EXPECT_NE(Complaint().find("not those its header commits to"), std::string::npos)
            << "byte " << at;
        flip(bit);
    }
    EXPECT_EQ(Complaint(), "");
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
