// The indexer behind a node that stalls, lies, rolls back and reorganises.
#include "index/indexer.h"

#include <gtest/gtest.h>

#include "tests/index/expect_model.h"
#include "tests/index/random_node.h"
#include "tests/index/running_indexer.h"

namespace amber::index {
namespace {

using Kind = NodeEvent::Kind;
using Announcements = std::vector<std::shared_ptr<const Announcement>>;

constexpr std::uint32_t kLimit = 10;

bool Touches(const Announcement& announcement, std::uint32_t script) {
    const auto& touched = announcement.touched;
    return std::find(touched.begin(), touched.end(), HashXOf(script)) != touched.end();
}

struct IndexerTest : testing::Test {
    void Start(IndexerOptions options = {.reorg_limit = kLimit, .cache_bytes = 64 << 20}) {
        if (!store)
            store = std::make_unique<store::Store>(store::StoreOptions{.path = folder.Path()});
        running = std::make_unique<RunningIndexer>(Regtest(), *store, node, options);
    }
    /// As after a crash or a restart of amberd.
    void Restart() {
        running.reset();
        store.reset();
        Start();
    }
    void Serve() { node.SetChain(chain.blocks); }
    void Serve(const std::vector<RawTx>& mempool) {
        std::map<Txid, Bytes> txs;
        for (const auto& tx : mempool) txs[TxidOf(tx)] = tx.Write(false);
        node.SetBoth(chain.blocks, std::move(txs));
    }
    void AddBlocks(int count, std::uint32_t salt = 0) {
        for (; count > 0; --count) chain.Add({}, salt);
    }
    /// A chain of `count` blocks, followed to its tip.
    void SyncTo(int count) {
        AddBlocks(count);
        Serve();
        Start();
        ASSERT_TRUE(running->WaitForTip(chain.blocks.back()->hash));
    }
    void Cut(std::size_t count) { chain.blocks.resize(chain.blocks.size() - count); }
    [[nodiscard]] const BlockHash& TipHash() const { return chain.blocks.back()->hash; }
    void ExpectFreshDigest() { EXPECT_EQ(DigestOf(*store), DigestOf(Regtest(), chain.blocks)); }
    /// Waits until the node was looked at again.
    void PassTime() {
        for (int i = 0; i < 3; ++i) {
            running->Tell(Kind::tip_changed);
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
        }
    }
    bool WaitForMempool(std::size_t size) {
        return running->WaitFor([&](const View& view) { return view.mempool.size() == size; });
    }

    TempFolder folder;
    std::unique_ptr<store::Store> store;
    StagedNode node;
    HandMadeChain chain;
    std::unique_ptr<RunningIndexer> running;
};

TEST_F(IndexerTest, FirstSyncSaysSoOnce) {
    SyncTo(60);
    EXPECT_EQ(running->Synced(), 1u);
    EXPECT_TRUE(running->Announcements().empty());
    const auto status = running->indexer.Status();
    EXPECT_TRUE(status.synced);
    EXPECT_EQ(status.tip->hash, TipHash());
    EXPECT_EQ(status.node_height.value, 60u);
    EXPECT_EQ(status.utxo_count, 60u);
    EXPECT_GT(status.block_bytes_done, 60 * 150u);
    ExpectFreshDigest();
    const store::Reader reader(*store, store::Reach::disk);
    EXPECT_EQ(DumpTable(reader, store::Table::undo).size(), kLimit);
}

TEST_F(IndexerTest, SmallBudgetAndSmallBatchesMakeTheSameIndex) {
    node.SetTrouble({.blocks_per_take = 3});
    AddBlocks(200);
    Serve();
    Start({.reorg_limit = kLimit, .cache_bytes = 4096});
    ASSERT_TRUE(running->WaitForTip(TipHash()));
    ExpectFreshDigest();
}

TEST_F(IndexerTest, StoppedInTheMiddleGoesOnWhereItStood) {
    node.SetTrouble({.down = true});
    AddBlocks(100);
    Serve();
    Start();
    node.BeforeTake(8, [&] { running->indexer.Stop(); });
    node.SetTrouble({.blocks_per_take = 5});
    running->Tell(Kind::tip_changed);
    EXPECT_EQ(running->Death(), "");
    const auto tip = running->indexer.Status().tip;
    ASSERT_TRUE(tip);
    EXPECT_LT(tip->height.value, 100u);
    EXPECT_GT(tip->height.value, 20u);
    EXPECT_EQ(running->indexer.CurrentView(), nullptr);
    Restart();
    ASSERT_TRUE(running->WaitForTip(TipHash()));
    EXPECT_LT(running->indexer.Status().block_bytes_done, 80 * chain.blocks[1]->raw.size());
    ExpectFreshDigest();
}

TEST_F(IndexerTest, FollowsNewBlocks) {
    SyncTo(20);
    for (int i = 0; i < 5; ++i) {
        AddBlocks(1);
        Serve();
        ASSERT_TRUE(running->FollowTo(TipHash()));
    }
    EXPECT_EQ(running->Announcements().size(), 5u);
    for (const auto& announcement : running->Announcements()) {
        EXPECT_TRUE(announcement->tip_changed);
        EXPECT_TRUE(Touches(*announcement, kMinerScript));
    }
    ExpectFreshDigest();
}

TEST_F(IndexerTest, SeveralBlocksAtOnceAreAnnouncedOnce) {
    SyncTo(5);
    chain.Add({Spend({chain.CoinbaseOf(1)}, {Pay(6, 1)})});
    chain.Add({Spend({chain.CoinbaseOf(2)}, {Pay(7, 1)})});
    Serve();
    ASSERT_TRUE(running->FollowTo(TipHash()));
    const auto announcements = running->Announcements();
    ASSERT_EQ(announcements.size(), 1u);
    EXPECT_EQ(announcements[0]->view->tip.height.value, 7u);
    EXPECT_TRUE(Touches(*announcements[0], 6));
    EXPECT_TRUE(Touches(*announcements[0], 7));
}

TEST_F(IndexerTest, BatchThatDoesNotChainIsDroppedAndAskedForAgain) {
    SyncTo(10);
    AddBlocks(4);
    const BlockPtr stranger = MakeBlock(BlockHash{}, {Coinbase(77, {Pay(77, 1)})});
    node.LieOnce({chain.blocks[11], chain.blocks[12], stranger, chain.blocks[13]});
    Serve();
    ASSERT_TRUE(running->FollowTo(TipHash()));
    node.LieOnce({stranger});
    AddBlocks(1);
    Serve();
    ASSERT_TRUE(running->FollowTo(TipHash()));
    ExpectFreshDigest();
    for (const auto& announcement : running->Announcements())
        EXPECT_GE(announcement->view->tip.height.value, 14u) << "nothing was taken back";
}

TEST_F(IndexerTest, NodeThatIsDownIsWaitedFor) {
    node.SetTrouble({.down = true});
    AddBlocks(10);
    Serve();
    Start();
    PassTime();
    EXPECT_FALSE(running->indexer.Status().synced);
    node.SetTrouble({});
    ASSERT_TRUE(running->FollowTo(TipHash()));
    node.SetTrouble({.down = true});
    AddBlocks(2);
    Serve();
    PassTime();
    EXPECT_EQ(running->indexer.Status().tip->height.value, 10u);
    node.SetTrouble({.stalls = true});
    PassTime();
    EXPECT_EQ(running->indexer.Status().node_height.value, 12u);
    EXPECT_EQ(running->indexer.Status().tip->height.value, 10u);
    node.SetTrouble({});
    ASSERT_TRUE(running->FollowTo(TipHash()));
    ExpectFreshDigest();
    EXPECT_EQ(running->Stop(), "");
}

TEST_F(IndexerTest, NodeRolledBackIsFollowed) {
    SyncTo(20);
    Cut(3);
    Serve();
    ASSERT_TRUE(running->FollowTo(TipHash()));
    ExpectFreshDigest();
    EXPECT_TRUE(Touches(*running->Announcements().back(), kMinerScript));
    AddBlocks(1, 5);
    Serve();
    ASSERT_TRUE(running->FollowTo(TipHash()));
    ExpectFreshDigest();
}

TEST_F(IndexerTest, NodeThatReadsItsChainAgainIsWaitedFor) {
    SyncTo(20);
    const auto whole = chain.blocks;
    Cut(3);
    Serve();
    node.SetTrouble({.initial_download = true});
    PassTime();
    EXPECT_EQ(running->indexer.Status().tip->height.value, 20u);
    chain.blocks = whole;
    AddBlocks(1);
    Serve();
    node.SetTrouble({});
    ASSERT_TRUE(running->FollowTo(TipHash()));
    ExpectFreshDigest();
}

TEST_F(IndexerTest, NodeThatIsStillSyncingIsFollowedButNotServed) {
    AddBlocks(20);
    Serve();
    node.SetTrouble({.initial_download = true, .headers_ahead = 5});
    Start();
    while (running->indexer.Status().tip.value_or(Tip{}).height.value < 20)
        std::this_thread::yield();
    PassTime();
    EXPECT_EQ(running->Synced(), 0u);
    EXPECT_EQ(running->indexer.CurrentView(), nullptr);
    EXPECT_EQ(running->indexer.Status().node_height.value, 20u);
    EXPECT_EQ(running->indexer.Status().best_header.value, 25u);
    AddBlocks(5);
    Serve();
    // It may go on saying so for as long as the last block is of yesterday.
    node.SetTrouble({.initial_download = true});
    ASSERT_TRUE(running->FollowTo(TipHash()));
    EXPECT_EQ(running->Synced(), 1u);
    ExpectFreshDigest();
    // Who is served already goes on being served.
    AddBlocks(1);
    Serve();
    node.SetTrouble({.initial_download = true, .headers_ahead = 5});
    ASSERT_TRUE(running->FollowTo(TipHash()));
}

TEST_F(IndexerTest, NodeFarBehindOnOurOwnChainIsWaitedFor) {
    SyncTo(40);
    const auto whole = chain.blocks;
    Cut(kLimit + 1);
    Serve();
    PassTime();
    EXPECT_EQ(running->indexer.Status().tip->height.value, 40u);
    chain.blocks = whole;
    AddBlocks(1);
    Serve();
    ASSERT_TRUE(running->FollowTo(TipHash()));
    ExpectFreshDigest();
}

TEST_F(IndexerTest, ReorganisationAsDeepAsTheLimit) {
    SyncTo(30);
    Cut(kLimit);
    AddBlocks(kLimit + 1, 3);
    Serve();
    ASSERT_TRUE(running->FollowTo(TipHash()));
    ExpectFreshDigest();
    EXPECT_EQ(running->Announcements().size(), 1u);
}

TEST_F(IndexerTest, DeeperForkEndsItWithNothingWritten) {
    SyncTo(30);
    const auto before = DumpTables(*store);
    Cut(kLimit + 1);
    AddBlocks(kLimit + 2, 3);
    Serve();
    running->Tell(Kind::tip_changed);
    const auto death = running->Death();
    ASSERT_TRUE(death);
    EXPECT_NE(death->find("leaves ours 11 blocks below height 30"), death->npos) << *death;
    EXPECT_NE(death->find("reorg limit of 10"), death->npos) << *death;
    EXPECT_NE(death->find("--reorg-limit"), death->npos) << *death;
    EXPECT_TRUE(DumpTables(*store) == before);
}

TEST_F(IndexerTest, NodeOfAnotherNetworkEndsIt) {
    node.SetChain({MakeBlock(BlockHash{}, {Coinbase(1, {Pay(1, 1)})})});
    Start();
    const auto death = running->Death();
    ASSERT_TRUE(death);
    EXPECT_NE(death->find("--network"), death->npos) << *death;
}

TEST_F(IndexerTest, ReorganisationInTheMiddleOfABatch) {
    SyncTo(20);
    const auto old = chain.blocks;
    AddBlocks(6);
    Serve();
    node.SetTrouble({.blocks_per_take = 2});
    const auto takes = node.Takes();
    // Two blocks were taken; now the node is on a branch that left before them.
    node.BeforeTake(takes + 2, [&] {
        HandMadeChain branch;
        branch.blocks = {old.begin(), old.end() - 2};
        for (int i = 0; i < 9; ++i) branch.Add({}, 9);
        chain = branch;
        Serve();
    });
    running->Tell(Kind::tip_changed);
    ASSERT_TRUE(running->WaitFor([&](const View& view) { return view.tip.height.value == 27; }));
    EXPECT_EQ(running->indexer.CurrentView()->tip.hash, TipHash());
    ExpectFreshDigest();
}

TEST_F(IndexerTest, ForcedReorganisationEndsInTheSameIndex) {
    SyncTo(30);
    const auto before = DigestOf(*store);
    for (const std::uint32_t count : {1u, 5u, kLimit}) {
        const auto announced = running->Announcements().size();
        EXPECT_EQ(running->ForceReorg(count), "");
        ASSERT_TRUE(running->WaitFor([&](const View& view) {
            return running->Announcements().size() > announced && view.tip.hash == TipHash();
        }));
        EXPECT_EQ(DigestOf(*store), before);
        EXPECT_TRUE(Touches(*running->Announcements().back(), kMinerScript));
    }
}

TEST_F(IndexerTest, ForcedReorganisationIsRefusedWithAReason) {
    node.SetTrouble({.stalls = true});
    AddBlocks(15);
    Serve();
    Start();
    const auto refused = [&](std::uint32_t count, const char* reason) {
        const auto answer = running->ForceReorg(count);
        ASSERT_TRUE(answer);
        EXPECT_NE(answer->find(reason), answer->npos) << count << ": " << *answer;
    };
    refused(1, "still catching up");
    node.SetTrouble({});
    ASSERT_TRUE(running->FollowTo(TipHash()));
    const auto before = DumpTables(*store);
    refused(0, "at least 1");
    refused(16, "15 blocks above genesis");
    refused(kLimit + 1, "reorg limit of 10");
    EXPECT_TRUE(DumpTables(*store) == before);
}

TEST_F(IndexerTest, RequestsAreAnsweredWhenItEnds) {
    node.SetTrouble({.down = true});
    AddBlocks(1);
    Serve();
    Start();
    std::atomic<bool> answered = false;
    node.BeforeTake(1, [&] {
        running->indexer.ForceReorg(1, [&](std::string error) { answered = !error.empty(); });
        running->indexer.Stop();
    });
    node.SetTrouble({.stalls = true});
    running->Tell(Kind::tip_changed);
    EXPECT_EQ(running->Death(), "");
    EXPECT_TRUE(answered);
}

/// A parent that spends the coinbase at height 1 and its child, as scripts 1 and 2.
struct MempoolFollowing : IndexerTest {
    void SetUp() override {
        SyncTo(5);
        parent = Spend({chain.CoinbaseOf(1)}, {Pay(1, 40 * kCoins)});
        child = Spend({OutputOf(parent)}, {Pay(2, 30 * kCoins)});
    }
    int HeightIn(const View& view, const RawTx& tx) {
        const auto* held = view.mempool.Find(TxidOf(tx));
        return held == nullptr ? 99 : held->has_unconfirmed_inputs ? -1 : 0;
    }
    RawTx parent, child;
};

TEST_F(MempoolFollowing, TransactionIsToldOnceInTheMempoolAndOnceInABlock) {
    Serve({parent});
    running->Tell(Kind::tx_added, TxidOf(parent));
    ASSERT_TRUE(WaitForMempool(1));
    ASSERT_EQ(running->Announcements().size(), 1u);
    EXPECT_FALSE(running->Announcements()[0]->tip_changed);
    EXPECT_TRUE(Touches(*running->Announcements()[0], 1));
    EXPECT_TRUE(Touches(*running->Announcements()[0], kMinerScript));
    chain.Add({parent});
    Serve(std::vector<RawTx>{});
    ASSERT_TRUE(running->FollowTo(TipHash()));
    ASSERT_EQ(running->Announcements().size(), 2u);
    const auto& last = *running->Announcements()[1];
    EXPECT_TRUE(last.tip_changed);
    EXPECT_TRUE(Touches(last, 1));
    EXPECT_EQ(last.view->mempool.size(), 0u);
    PassTime();
    EXPECT_EQ(running->Announcements().size(), 2u) << "nothing new, nothing told";
}

TEST_F(MempoolFollowing, ChildOfAConfirmedParentIsToldAgain) {
    Serve({parent, child});
    running->Tell(Kind::mempool_changed);
    ASSERT_TRUE(WaitForMempool(2));
    EXPECT_EQ(HeightIn(*running->indexer.CurrentView(), child), -1);
    chain.Add({parent});
    Serve({child});
    ASSERT_TRUE(running->FollowTo(TipHash()));
    const auto last = running->Announcements().back();
    EXPECT_EQ(HeightIn(*last->view, child), 0);
    EXPECT_TRUE(Touches(*last, 2));
}

TEST_F(MempoolFollowing, BlockIsToldOnceWhileTheMempoolOfTheNodeLags) {
    Serve({parent});
    running->Tell(Kind::tx_added, TxidOf(parent));
    ASSERT_TRUE(WaitForMempool(1));
    chain.Add({parent});
    AddBlocks(1);
    node.SetTrouble({.listing_tip = chain.blocks[5]->hash});
    Serve({parent});  // the list is that of the block before
    running->Tell(Kind::mempool_changed);
    ASSERT_TRUE(running->FollowTo(TipHash()));
    const auto announcements = running->Announcements();
    ASSERT_EQ(announcements.size(), 2u) << "6 and 7 together";
    EXPECT_EQ(announcements[1]->view->mempool.size(), 0u);
    node.SetTrouble({});
    AddBlocks(1);
    Serve({child});
    running->Tell(Kind::tx_added, TxidOf(child));
    ASSERT_TRUE(running->FollowTo(TipHash()));
    ASSERT_TRUE(WaitForMempool(1));
    // The block does not wait for what the node says of the mempool.
    const auto more = running->Announcements();
    ASSERT_EQ(more.size(), 4u);
    EXPECT_TRUE(more[2]->tip_changed);
    EXPECT_FALSE(Touches(*more[2], 2));
    EXPECT_FALSE(more[3]->tip_changed);
    EXPECT_TRUE(Touches(*more[3], 2));
}

// A transaction that a reorganisation puts back into the mempool is nowhere for us until the node
// has listed it, and its tip moves on while it lists: nobody may be told meanwhile that it is gone.
TEST_F(MempoolFollowing, AfterAReorganisationNothingIsToldBeforeTheMempoolIsListed) {
    constexpr std::size_t kMoves = 3;
    chain.Add({parent});
    Serve();
    ASSERT_TRUE(running->FollowTo(TipHash()));
    const std::size_t before = running->Announcements().size();
    Cut(1);
    AddBlocks(2, 8);
    node.BeforeNextLists(kMoves, [&] {
        AddBlocks(1, 8);
        Serve({parent});
        running->Tell(Kind::tip_changed);
    });
    Serve({parent});
    running->Tell(Kind::tip_changed);
    ASSERT_TRUE(running->WaitFor([](const View& view) {
        return view.tip.height.value == 7 + kMoves && view.mempool.size() == 1;
    }));
    const auto announcements = running->Announcements();
    ASSERT_GT(announcements.size(), before);
    for (std::size_t i = before; i < announcements.size(); ++i) {
        EXPECT_EQ(HeightIn(*announcements[i]->view, parent), 0)
            << "gone in the view of height " << announcements[i]->view->tip.height.value;
    }
    EXPECT_TRUE(Touches(*announcements[before], 1));
}

TEST_F(MempoolFollowing, NewsThatCameWhileTheNodeWasDownIsNotLost) {
    node.SetTrouble({.down = true});
    running->Tell(Kind::tx_added, TxidOf(parent));
    PassTime();
    Serve({parent});
    node.SetTrouble({});
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(WaitForMempool(1));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_F(MempoolFollowing, ListingThatFailsIsTriedAgainSoon) {
    node.SetTrouble({.mempool_fails = true});
    Serve({parent});
    running->Tell(Kind::tx_added, TxidOf(parent));
    PassTime();
    node.SetTrouble({});
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(WaitForMempool(1));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
}

TEST_F(MempoolFollowing, FirstViewWaitsForTheMempool) {
    Serve({parent, child});
    running.reset();
    node.SetTrouble({.mempool_fails = true});
    Start();
    PassTime();
    EXPECT_EQ(running->indexer.CurrentView(), nullptr);
    EXPECT_FALSE(running->indexer.Status().synced);
    node.SetTrouble({});
    running->Tell(Kind::tip_changed);
    ASSERT_TRUE(WaitForMempool(2));
    EXPECT_TRUE(running->Announcements().empty());
}

/// That a view agrees with itself, and that `touched` holds every script that changed.
class ViewChecker {
public:
    explicit ViewChecker(const View& first) { Scan(first); }
    void Check(const Announcement& announcement) {
        const auto before = std::move(histories_);
        Scan(*announcement.view);
        const std::set<HashX> touched(announcement.touched.begin(), announcement.touched.end());
        EXPECT_EQ(touched.size(), announcement.touched.size()) << "each once";
        for (const auto& [script, history] : histories_) {
            if (history == before.at(script)) continue;
            EXPECT_TRUE(touched.contains(script)) << "view " << announcement.view->serial;
        }
    }

private:
    void Scan(const View& view) {
        histories_.clear();
        const auto shared = std::make_shared<const View>(view);
        Query query(shared, store::Reach::disk);
        for (std::uint32_t id = 0; id < 30; ++id) {
            const HashX script = HashXOf(id);
            histories_[script] = HistoryOf(query, script);
            std::set<Txid> once;
            for (const auto& line : histories_[script]) {
                EXPECT_TRUE(once.insert(line.txid).second) << "confirmed and in the mempool";
                EXPECT_LE(line.height, static_cast<std::int32_t>(view.tip.height.value));
                if (line.height > 0) continue;
                EXPECT_FALSE(query.FindTransaction(line.txid)) << "confirmed and in the mempool";
            }
        }
    }
    std::map<HashX, std::vector<NaiveModel::Line>> histories_;
};

void Publish(const RandomNode& world, StagedNode& node) {
    std::map<Txid, Bytes> txs;
    for (const auto& [txid, tx] : world.Mempool()) txs[txid] = tx.Write(false);
    node.SetBoth(world.Blocks(), std::move(txs));
}

/// What one step of the world makes the node tell; some of it may get lost.
void Tell(RunningIndexer& running, RandomNode& world, bool chain_moved, bool lossy) {
    const auto changes = world.TakeChanges();
    for (const auto& txid : changes.removed)
        if (!lossy || world.Below(4) > 0) running.Tell(Kind::tx_removed, txid);
    for (const auto& txid : changes.added)
        if (!lossy || world.Below(4) > 0) running.Tell(Kind::tx_added, txid);
    if (chain_moved) running.Tell(Kind::tip_changed);
}

TEST_F(IndexerTest, EveryViewIsConsistentUnderRandomTraffic) {
    RandomNode world(TestSeed());
    for (int i = 0; i < 8; ++i) world.Mine();
    Publish(world, node);
    (void)world.TakeChanges();
    Start();
    ASSERT_TRUE(running->WaitForTip(world.Blocks().back()->hash));
    const ViewPtr first = running->indexer.CurrentView();
    for (int step = 0; step < (kSanitized ? 80 : 250); ++step) {
        const bool pause = step % 10 == 9;  // so that not all steps are taken at once
        const auto dice = pause ? 4 : world.Below(16);
        for (std::uint32_t n = world.Below(3); n > 0; --n) world.AddTx();
        if (dice < 3) world.ReplaceTx();
        if (dice == 3) world.EvictTx();
        if (dice == 4 || dice == 5) world.Mine();
        if (dice == 6) world.Reorganise(1 + world.Below(4), 1 + world.Below(5));
        Publish(world, node);
        Tell(*running, world, dice >= 4 && dice <= 6, true);
        if (pause) {
            ASSERT_TRUE(running->FollowTo(world.Blocks().back()->hash));
        }
        if (dice > 6) std::this_thread::sleep_for(std::chrono::milliseconds(world.Below(6)));
    }
    // What was lost is made good for by one listing.
    running->Tell(Kind::mempool_changed);
    running->Tell(Kind::tip_changed);
    const NaiveModel model(world.Blocks());
    const auto mempool = world.Model(model);
    ASSERT_TRUE(running->WaitFor([&](const View& view) {
        if (view.tip.hash != model.hashes.back() || view.mempool.size() != mempool.txs.size())
            return false;
        return std::all_of(mempool.txs.begin(), mempool.txs.end(), [&](const auto& tx) {
            return view.mempool.Find(tx.second.txid) != nullptr;
        });
    }));
    Query query(running->indexer.CurrentView(), store::Reach::disk);
    for (std::uint32_t id = 0; id < 30; ++id) ExpectScript(model, mempool, HashXOf(id), query);
    const auto announcements = running->Announcements();
    EXPECT_GE(announcements.size(), kSanitized ? 8u : 25u);
    ViewChecker checker(*first);
    for (const auto& announcement : announcements) checker.Check(*announcement);
    EXPECT_EQ(DigestOf(*store), DigestOf(Regtest(), world.Blocks()));
}

}  // namespace
}  // namespace amber::index
