// A first sync in bulk, behind the indexer.
#include <gtest/gtest.h>

#include "index/digest.h"
#include "tests/index/bulk_build.h"
#include "tests/index/running_indexer.h"

namespace amber::index::bulk {
namespace {

struct BulkSyncTest : testing::Test {
    void Start(std::uint64_t from_bytes = 0) {
        store =
            std::make_unique<store::Store>(store::StoreOptions{.path = folder.Path() / "index"});
        running = std::make_unique<RunningIndexer>(Regtest(), *store, node,
                                                   IndexerOptions{.reorg_limit = 10,
                                                                  .cache_bytes = kSmall,
                                                                  .bulk_folder = Folder(),
                                                                  .bulk_from_bytes = from_bytes});
    }
    [[nodiscard]] std::filesystem::path Folder() const { return folder.Path() / "bulk"; }
    void ExpectSynced() {
        ASSERT_TRUE(running->WaitForTip(chain.blocks.back()->hash));
        EXPECT_EQ(DigestOf(*store), DigestOf(Regtest(), chain.blocks));
        EXPECT_EQ(DumpTable({*store, store::Reach::disk}, store::Table::undo).size(), 10u);
        EXPECT_FALSE(std::filesystem::exists(Folder()));
    }

    RandomChain chain = MakeChain(TestSeed(), 50);
    TempFolder folder;
    StagedNode node;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<RunningIndexer> running;
};

TEST_F(BulkSyncTest, ReachesTheTip) {
    node.SetChain(chain.blocks);
    Start();
    ExpectSynced();
    const auto status = running->indexer.Status();
    EXPECT_EQ(status.tip->hash, chain.blocks.back()->hash);
    EXPECT_GT(status.block_bytes_done, 0u);
}

TEST_F(BulkSyncTest, StoppedInTheMiddleItGoesOn) {
    node.SetTrouble({.blocks_per_take = 1});
    node.SetChain(chain.blocks);
    node.BeforeTake(20, [this] { node.SetTrouble({.stalls = true}); });
    Start();
    while (node.Takes() < 20) std::this_thread::yield();
    EXPECT_EQ(running->Stop(), "");
    node.SetTrouble({.blocks_per_take = 1});
    running.reset();
    store.reset();
    EXPECT_TRUE(BulkBuilder::IsUnderWay(Folder()));
    const std::size_t takes = node.Takes();
    Start(1'000'000'000);  // also if the node says now that there is little
    ExpectSynced();
    EXPECT_LT(node.Takes() - takes, 45u) << "began anew";
}

TEST_F(BulkSyncTest, WaitsForANodeThatIsStillSyncing) {
    const Chain whole = chain.blocks;
    node.SetTrouble({.initial_download = true, .headers_ahead = 30});
    node.SetChain(Chain(whole.begin(), whole.begin() + 21));
    Start();
    while (running->indexer.Status().tip.value_or(Tip{}).height.value < 9)
        std::this_thread::yield();
    EXPECT_EQ(running->Synced(), 0u);
    node.SetTrouble({});
    node.SetChain(whole);
    ExpectSynced();
}

TEST_F(BulkSyncTest, WaitsUntilANodeThatIsStillSyncingHasEnough) {
    constexpr std::uint64_t kEnough = 1000;
    const Chain whole = chain.blocks;
    node.SetTrouble({.initial_download = true, .headers_ahead = 49, .block_bytes = 1});
    node.SetChain(Chain(whole.begin(), whole.begin() + 2));
    Start(kEnough);
    while (running->indexer.Status().node_height.value == 0) std::this_thread::yield();
    running->Tell(NodeEvent::Kind::tip_changed);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(node.Takes(), 0u);
    EXPECT_EQ(running->indexer.Status().tables.value().share, 0) << "it may end block by block";
    bool in_bulk = false;
    node.BeforeTake(2, [&] { in_bulk = std::filesystem::exists(Folder() / "txids"); });
    node.SetTrouble({.initial_download = true,
                     .headers_ahead = 9,
                     .block_bytes = kEnough,
                     .blocks_per_take = 5});
    node.SetChain(Chain(whole.begin(), whole.end() - 9));
    while (running->indexer.Status().tip.value_or(Tip{}).height.value < 20)
        std::this_thread::yield();
    EXPECT_TRUE(in_bulk);
    node.SetTrouble({});
    node.SetChain(whole);
    ExpectSynced();
}

TEST_F(BulkSyncTest, ANodeOnAnotherBranchEndsIt) {
    node.SetTrouble({.blocks_per_take = 1});
    node.SetChain(chain.blocks);
    RandomChain other(TestSeed() + 1);
    for (int i = 0; i < 60; ++i) other.Grow(2);
    node.BeforeTake(20, [&] { node.SetChain(other.blocks); });
    Start();
    EXPECT_NE(running->Death().value_or("").find("no longer holds block"), std::string::npos);
}

TEST_F(BulkSyncTest, StoppedWhileTheTablesAreWrittenItGoesOn) {
    node.SetChain(chain.blocks);
    int stopped = 0;
    for (bool begun = false;;) {
        Start();
        const auto writing = [this] {
            const auto tables = running->indexer.Status().tables;
            return tables && tables->written > 0;
        };
        while (!writing() && running->Synced() == 0) std::this_thread::yield();
        EXPECT_EQ(running->Stop(), "");
        running.reset();
        store.reset();
        begun = BulkBuilder::IsUnderWay(Folder());
        if (!begun) break;
        ASSERT_LT(++stopped, 300);
        // The node goes on meanwhile: these blocks are for the block processor.
        chain.Grow(3);
        node.SetChain(chain.blocks);
    }
    EXPECT_GT(stopped, 0);
    Start();
    ExpectSynced();
}

TEST_F(BulkSyncTest, WithTooLittleDiskItGoesBlockByBlock) {
    for (const bool fits : {false, true}) {
        SCOPED_TRACE(fits);
        node.SetTrouble({.block_bytes = fits ? 1u : std::uint64_t{1} << 60, .blocks_per_take = 5});
        node.SetChain(chain.blocks);
        std::atomic<bool> in_bulk = false;
        node.BeforeTake(node.Takes() + 2,
                        [&] { in_bulk = std::filesystem::exists(Folder() / "txids"); });
        Start();
        ExpectSynced();
        EXPECT_EQ(in_bulk, fits);
        running.reset();
        store.reset();
        std::filesystem::remove_all(folder.Path() / "index");
    }
}

}  // namespace
}  // namespace amber::index::bulk
