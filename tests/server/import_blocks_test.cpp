// What an import says it did, held against what is in the index.
#include "server/import/import_blocks.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <deque>
#include <sstream>

#include "daemon_client/file_feed.h"
#include "tests/daemon_client/block_files/block_directory.h"
#include "tests/generator/block_builder.h"
#include "tests/index/block_maker.h"
#include "tests/index/open_index.h"

namespace amber::server {
namespace {

using daemon_client::BlockDirectory;
using daemon_client::FileFeed;
using daemon_client::HashOf;
using daemon_client::MineBlock;
using index::Bytes;

/// Files that are given out block by block; the one who asks is stopped before the last that are.
class StoppingArchive : public index::BlockArchive {
public:
    StoppingArchive(BlockArchive& files, std::size_t blocks, std::function<void()> stop)
        : files_(files), left_(blocks), stop_(std::move(stop)) {}

    Contents Look(const std::optional<Have>& have, const std::stop_token& stop,
                  const Progress& progress) override {
        return files_.Look(have, stop, progress);
    }
    std::optional<std::string> Damage() const override { return files_.Damage(); }
    index::NodeResult<index::NodeTip> Tip() override { return files_.Tip(); }
    index::NodeResult<std::vector<index::BlockHash>> Hashes(index::Height first,
                                                            std::size_t count) override {
        return files_.Hashes(first, count);
    }
    void Restart(index::Height next) override {
        taken_.clear();
        files_.Restart(next);
    }
    std::vector<index::Block> Take(std::size_t max_bytes, std::chrono::milliseconds wait) override {
        if (taken_.empty())
            for (index::Block& block : files_.Take(max_bytes, wait))
                taken_.push_back(std::move(block));
        if (left_ == 0) stop_();
        if (left_ == 0 || taken_.empty()) return {};
        --left_;
        std::vector<index::Block> one;
        one.push_back(std::move(taken_.front()));
        taken_.pop_front();
        return one;
    }

private:
    BlockArchive& files_;
    std::size_t left_;
    const std::function<void()> stop_;
    std::deque<index::Block> taken_;
};

class ImportBlocksTest : public ::testing::Test {
protected:
    using Blocks = std::vector<Bytes>;

    static Blocks Branch(const Blocks& below, std::size_t count, std::uint32_t salt) {
        Blocks all = below;
        for (; count > 0; --count, ++salt)
            all.push_back(MineBlock(HashOf(all.back()), salt,
                                    {index::Coinbase(salt, {index::Pay(1, index::kCoins)})}));
        return all;
    }
    ImportOutcome Import(const Blocks& blocks) {
        BlockDirectory directory;
        for (const Bytes& block : blocks) directory.AppendRecord(0, block);
        auto feed = FileFeed::Open(daemon_client::Regtest(), {directory.Path()}, {});
        EXPECT_TRUE(feed);
        index::Indexer indexer(daemon_client::Regtest(), store_, {.reorg_limit = 20});
        const auto outcome = ImportBlocks(indexer, **feed, {});
        const auto have = indexer.Have();
        tip_ = have ? have->hash_at(have->height) : index::BlockHash{};
        return outcome;
    }

    const Blocks trunk_ = Branch({generator::GenesisBlock()}, 30, 100);
    index::TempFolder folder_;
    index::store::Store store_{{.path = folder_.Path()}};
    index::BlockHash tip_;  ///< of the index after the last import
};

TEST_F(ImportBlocksTest, CountsWhatIsNew) {
    auto outcome = Import(trunk_);
    EXPECT_TRUE(outcome.whole);
    EXPECT_EQ(outcome.imported, 31u);
    outcome = Import(trunk_);
    EXPECT_EQ(outcome.imported, 0u);
    outcome = Import(Branch(trunk_, 7, 200));
    EXPECT_EQ(outcome.imported, 7u);
}

TEST_F(ImportBlocksTest, CountsTheBlocksOfALongerBranchFromTheFork) {
    Import(Branch(trunk_, 5, 200));
    const Blocks longer = Branch(trunk_, 9, 300);
    const auto outcome = Import(longer);
    EXPECT_EQ(outcome.imported, 9u);
    EXPECT_EQ(tip_, HashOf(longer.back()));
}

/// The index stays on its own branch, which is higher: nothing of the files is in it.
TEST_F(ImportBlocksTest, CountsNothingOfAShorterBranch) {
    const Blocks ours = Branch(trunk_, 12, 200);
    Import(ours);
    for (const std::size_t count : {4u, 12u}) {
        const auto outcome = Import(Branch(trunk_, count, 300));
        EXPECT_EQ(outcome.imported, 0u) << count;
        EXPECT_EQ(tip_, HashOf(ours.back()));
    }
}

/// Files that begin above the genesis block.
TEST_F(ImportBlocksTest, CountsFromWhereTheFilesBegin) {
    Import(trunk_);
    const Blocks longer = Branch(trunk_, 8, 200);
    const auto outcome = Import({longer.begin() + 31, longer.end()});
    EXPECT_EQ(outcome.imported, 8u);
    EXPECT_EQ(tip_, HashOf(longer.back()));
}

/// There is no index to count in yet, and nothing to be said of one.
TEST_F(ImportBlocksTest, SaysHowFarAnUnfinishedFirstSyncHasCome) {
    BlockDirectory directory;
    for (const Bytes& block : trunk_) directory.AppendRecord(0, block);
    const index::IndexerOptions options{
        .reorg_limit = 5, .bulk_folder = folder_.Path() / "bulk", .bulk_from_bytes = 0};
    const auto before = spdlog::default_logger();
    std::ostringstream log;
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
    for (const bool stopped : {true, false}) {
        auto feed = FileFeed::Open(daemon_client::Regtest(), {directory.Path()}, {});
        ASSERT_TRUE(feed);
        index::Indexer indexer(daemon_client::Regtest(), store_, options);
        StoppingArchive archive(**feed, stopped ? 8 : trunk_.size() + 1, [&] { indexer.Stop(); });
        EXPECT_EQ(ImportBlocks(indexer, archive, {}).imported, stopped ? 0 : trunk_.size());
        EXPECT_EQ(log.str().find("31 blocks processed: 31 imported") == std::string::npos, stopped);
        EXPECT_EQ(log.str().find("the index is at height") == std::string::npos, stopped);
        EXPECT_NE(log.str().find("31 blocks processed: 0 on side branches, 0 without their "
                                 "parents; the first sync is not finished: it has come to height "
                                 "7 and goes on from there"),
                  std::string::npos)
            << log.str();
    }
    spdlog::set_default_logger(before);
}

TEST_F(ImportBlocksTest, CountsUpToADamagedBlock) {
    Blocks damaged = trunk_;
    damaged[21].back() ^= 1;
    const auto outcome = Import(damaged);
    EXPECT_FALSE(outcome.whole);
    EXPECT_EQ(outcome.imported, 21u);
    EXPECT_EQ(tip_, HashOf(trunk_[20]));
}

}  // namespace
}  // namespace amber::server
