#include "daemon_client/p2p/peer_feed.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/daemon_client/p2p/feed_fixture.h"
#include "tests/daemon_client/rpc_fixture.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::Block;
using index::BlockHash;
using index::Bytes;
using index::Height;
using index::NodeTip;
using Kind = PeerError::Kind;
using std::chrono::steady_clock;

constexpr std::size_t kPlenty = std::size_t{1} << 30;

class PeerFeedTest : public ::testing::Test {
protected:
    static void ExpectBlocks(const std::vector<Block>& blocks, const FakeChain& chain,
                             std::size_t first = 0) {
        ASSERT_EQ(blocks.size(), chain.blocks.size() - first);
        for (std::size_t i = 0; i < blocks.size(); ++i)
            ASSERT_EQ(blocks[i].raw, *chain.blocks[first + i]) << first + i;
    }
    /// Once it has come, or what it is after all.
    NodeTip WaitForTip(const BlockHash& hash) {
        NodeTip tip;
        Eventually([&] {
            const auto now = feed_.Tip();
            if (now) tip = *now;
            return now && now->hash == hash;
        });
        EXPECT_EQ(tip.hash, hash);
        return tip;
    }

    FeedFixture fixture_;
    FakeNetwork& network_ = fixture_.network;
    PeerFeed& feed_ = fixture_.feed;
};

TEST_F(PeerFeedTest, HandsOverTheChainInOrder) {
    const FakeChain chain = MakeFakeChain(2500);
    network_.Connect(chain);
    const NodeTip tip = WaitForTip(chain.hashes.back());
    EXPECT_EQ(tip.height, Height{2500});
    EXPECT_EQ(tip.best_header, Height{2500});
    EXPECT_FALSE(tip.initial_download);
    ExpectBlocks(fixture_.TakeUntil(2501), chain);
    EXPECT_TRUE(feed_.Take(kPlenty, 20ms).empty());
    EXPECT_EQ(*feed_.Hashes({2498}, 10),
              (std::vector(chain.hashes.begin() + 2498, chain.hashes.end())));
    EXPECT_TRUE(feed_.Hashes({2501}, 10)->empty());
}

TEST_F(PeerFeedTest, WithoutPeersThereIsNoTip) {
    const auto tip = feed_.Tip();
    ASSERT_TRUE(tip.has_error());
    EXPECT_EQ(tip.error().kind, index::NodeError::Kind::unreachable);
    EXPECT_EQ(tip.error().message, "no peer is connected yet");
    EXPECT_EQ(feed_.WaitForPeer(10ms), std::nullopt);
    EXPECT_TRUE(feed_.Hashes({0}, 1).has_error());
    EXPECT_TRUE(feed_.Take(kPlenty, 20ms).empty());
}

TEST_F(PeerFeedTest, EstimatesTheBytesOfTheChainForWhoAsksFirst) {
    const FakeChain chain = MakeFakeChain(499, 0, 2000);
    std::size_t sum = 0;
    for (const auto& block : chain.blocks) sum += block->size();
    network_.Connect(chain);
    network_.Connect(chain);
    const NodeTip tip = WaitForTip(chain.hashes.back());
    EXPECT_NEAR(static_cast<double>(tip.block_bytes), static_cast<double>(sum),
                0.1 * static_cast<double>(sum));
}

TEST_F(PeerFeedTest, StartsWhereItIsTold) {
    const FakeChain chain = MakeFakeChain(60);
    network_.Connect(chain);
    feed_.Restart({50});
    ExpectBlocks(fixture_.TakeUntil(11), chain, 50);
    feed_.Restart({20});
    ExpectBlocks(fixture_.TakeUntil(41), chain, 20);
}

TEST_F(PeerFeedTest, ATakerAheadOfThePeersWaitsForThem) {
    const FakeChain chain = MakeFakeChain(60);
    const auto peer = network_.Connect(chain.UpTo(40));
    feed_.Restart({61});
    EXPECT_TRUE(WaitForTip(chain.hashes[40]).initial_download);
    peer->SetChain(chain);
    EXPECT_FALSE(WaitForTip(chain.hashes[60]).initial_download);
}

TEST_F(PeerFeedTest, ANewBlockComesAtOnce) {
    FakeChain chain = MakeFakeChain(10);
    const auto peer = network_.Connect(chain);
    WaitForTip(chain.hashes.back());
    ExpectBlocks(fixture_.TakeUntil(11), chain);
    const int told = fixture_.tips_told;
    auto waiting = std::async(std::launch::async, [&] { return feed_.Take(kPlenty, 30s); });
    std::this_thread::sleep_for(30ms);
    chain.Grow(1, 0);
    const auto start = steady_clock::now();
    peer->SetChain(chain);
    auto blocks = waiting.get();
    while (blocks.empty()) blocks = feed_.Take(kPlenty, 5s);
    EXPECT_LT(steady_clock::now() - start, 5s);
    EXPECT_EQ(blocks.front().hash, chain.hashes.back());
    EXPECT_TRUE(Eventually([&] { return fixture_.tips_told > told; }));
}

TEST_F(PeerFeedTest, FindsANewBlockThatWasNotAnnounced) {
    FakeChain chain = MakeFakeChain(10);
    const auto peer = network_.Connect(chain);
    ExpectBlocks(fixture_.TakeUntil(11), chain);
    chain.Grow(5, 0);
    peer->SetChain(chain, false);
    ExpectBlocks(fixture_.TakeUntil(5), chain, 11);
}

TEST_F(PeerFeedTest, WakeLooksAtOnce) {
    auto options = QuickFeed();
    options.look = 1h;
    FeedFixture fixture(options);
    FakeChain chain = MakeFakeChain(10);
    const auto peer = fixture.network.Connect(chain);
    ExpectBlocks(fixture.TakeUntil(11), chain);
    chain.Grow(1, 0);
    peer->SetChain(chain, false);
    EXPECT_TRUE(fixture.feed.Take(kPlenty, 200ms).empty());
    fixture.feed.Wake();
    ExpectBlocks(fixture.TakeUntil(1), chain, 11);
}

TEST_F(PeerFeedTest, WakeCutsTheNextWait) {
    const FakeChain chain = MakeFakeChain(10);
    network_.Connect(chain);
    ExpectBlocks(fixture_.TakeUntil(11), chain);
    feed_.Wake();
    const auto start = steady_clock::now();
    EXPECT_TRUE(feed_.Take(kPlenty, 30s).empty());
    EXPECT_LT(steady_clock::now() - start, 10s);
}

TEST_F(PeerFeedTest, GoesOverToTheBranchOfMoreWork) {
    const FakeChain main = MakeFakeChain(30);
    FakeChain branch = main.UpTo(20);
    branch.Grow(12, 1);
    network_.Connect(main);
    ExpectBlocks(fixture_.TakeUntil(31), main);
    const auto other = network_.Connect(branch);
    WaitForTip(branch.hashes.back());
    feed_.Restart({21});
    ExpectBlocks(fixture_.TakeUntil(12), branch, 21);
    EXPECT_LE(other->BlocksSent(), 14u);  // two came before the taker went back
    EXPECT_EQ(feed_.Hashes({21}, 1)->front(), branch.hashes[21]);
    // It stays there when that peer has gone: the other has less.
    network_.Disconnect(other);
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(feed_.Tip()->hash, branch.hashes.back());
    EXPECT_FALSE(feed_.Tip()->initial_download);
}

TEST_F(PeerFeedTest, APeerOnAnotherBranchGivesWhatItHas) {
    const FakeChain main = MakeFakeChain(400);
    FakeChain branch = main.UpTo(300);
    branch.Grow(50, 1);
    const auto better = network_.Connect(main);
    better->SetFaults({.block_time = 2ms});
    const auto other = network_.Connect(branch);
    WaitForTip(main.hashes.back());
    ExpectBlocks(fixture_.TakeUntil(401), main);
    EXPECT_GT(other->BlocksSent(), 100u);
    EXPECT_EQ(other->Dropped(), std::nullopt);
}

TEST_F(PeerFeedTest, ABranchWhoseBlocksNobodyHasIsGivenUp) {
    const FakeChain main = MakeFakeChain(30);
    FakeChain branch = main.UpTo(20);
    branch.Grow(40, 1);
    const auto teaser = network_.Connect(branch);
    teaser->SetFaults({.lacks = {branch.hashes.begin() + 21, branch.hashes.end()}});
    network_.Connect(main);
    WaitForTip(branch.hashes.back());
    ExpectBlocks(fixture_.TakeUntil(21), main.UpTo(20));
    network_.Disconnect(teaser);
    WaitForTip(main.hashes.back());
    ExpectBlocks(fixture_.TakeUntil(10), main, 21);
}

TEST_F(PeerFeedTest, APeerThatSpoilsBlocksIsDropped) {
    const FakeChain chain = MakeFakeChain(100);
    const auto liar = network_.Connect(chain, "liar:1");
    liar->SetFaults({.spoils_blocks = true});
    WaitForTip(chain.hashes.back());
    EXPECT_TRUE(feed_.Take(kPlenty, 100ms).empty());
    EXPECT_TRUE(Eventually([&] { return liar->Dropped() == Kind::malformed; }));
    network_.Connect(chain, "honest:1");
    ExpectBlocks(fixture_.TakeUntil(101), chain);
}

TEST_F(PeerFeedTest, APeerThatSpoilsHeadersIsDropped) {
    const auto liar = network_.Connect(MakeFakeChain(100));
    liar->SetFaults({.spoils_headers = true});
    liar->SetChain(MakeFakeChain(101));
    EXPECT_TRUE(Eventually([&] { return liar->Dropped() == Kind::malformed; }));
}

TEST_F(PeerFeedTest, APeerThatStallsIsDropped) {
    const FakeChain chain = MakeFakeChain(100);
    for (const bool on_headers : {false, true}) {
        const auto silent =
            network_.Connect(chain.UpTo(90), "silent:" + std::to_string(on_headers));
        silent->SetFaults({.silent = !on_headers, .silent_on_headers = on_headers});
        feed_.Restart({0});
        EXPECT_TRUE(Eventually([&] { return silent->Dropped() == Kind::timeout; }));
    }
    network_.Connect(chain);
    ExpectBlocks(fixture_.TakeUntil(101), chain);
}

TEST_F(PeerFeedTest, ASilentPeerDoesNotHoldUpTheOthers) {
    const FakeChain chain = MakeFakeChain(300);
    const auto silent = network_.Connect(chain);
    silent->SetFaults({.silent = true, .timeout = 60s});
    WaitForTip(chain.hashes.back());
    feed_.Restart({0});
    network_.Connect(chain);
    ExpectBlocks(fixture_.TakeUntil(301), chain);
    // And is dropped long before its own time limit.
    EXPECT_TRUE(Eventually([&] { return silent->Dropped() == Kind::timeout; }));
}

TEST_F(PeerFeedTest, APeerThatMisbehavedRestsForAWhile) {
    auto options = QuickFeed();
    options.first_rest = 500ms;
    FeedFixture fixture(options);
    const FakeChain chain = MakeFakeChain(50);
    const auto liar = fixture.network.Connect(chain, "one:1");
    liar->SetFaults({.spoils_blocks = true});
    EXPECT_TRUE(Eventually([&] {
        (void)fixture.feed.Take(kPlenty, 10ms);
        return liar->Dropped().has_value();
    }));
    const auto dropped = steady_clock::now();
    const auto again = fixture.network.Connect(chain, "one:1");
    ExpectBlocks(fixture.TakeUntil(51), chain);
    EXPECT_GT(steady_clock::now() - dropped, 300ms);
    EXPECT_EQ(again->Dropped(), std::nullopt);
    EXPECT_EQ(fixture.feed.WaitForPeer(0ms), "one:1");
}

TEST_F(PeerFeedTest, NotFoundIsNoFault) {
    const FakeChain chain = MakeFakeChain(100);
    const auto poor = network_.Connect(chain);
    poor->SetFaults({.lacks = {chain.hashes[3], chain.hashes[50]}});
    EXPECT_EQ(fixture_.TakeUntil(3, 2s).size(), 3u);
    network_.Connect(chain);
    ExpectBlocks(fixture_.TakeUntil(98), chain, 3);
    EXPECT_EQ(poor->Dropped(), std::nullopt);
}

TEST_F(PeerFeedTest, AnOverloadedPeerIsLeftAlone) {
    const FakeChain chain = MakeFakeChain(20);
    const auto busy = network_.Connect(chain);
    busy->SetFaults({.overloaded = true});
    feed_.Restart({0});
    EXPECT_TRUE(Eventually([&] { return busy->Dropped() == Kind::overloaded; }));
}

TEST_F(PeerFeedTest, APeerThatIsStillSyncingTellsNothing) {
    const FakeChain chain = MakeFakeChain(50);
    const auto syncing = network_.Connect(chain.UpTo(0));
    syncing->SetFaults({.tells_no_headers = true});
    network_.Connect(chain);
    WaitForTip(chain.hashes.back());
    ExpectBlocks(fixture_.TakeUntil(51), chain);
    EXPECT_EQ(syncing->Dropped(), std::nullopt);
    EXPECT_LE(syncing->BlocksSent(), 2u);  // the genesis block, and it once as a sample
}

TEST_F(PeerFeedTest, APeerReturnsAfterAllWereGone) {
    FakeChain chain = MakeFakeChain(50);
    const auto first = network_.Connect(chain);
    ExpectBlocks(fixture_.TakeUntil(51), chain);
    network_.Disconnect(first);
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(feed_.Tip()->hash, chain.hashes.back());
    chain.Grow(20, 0);
    network_.Connect(chain);
    ExpectBlocks(fixture_.TakeUntil(20), chain, 51);
}

TEST_F(PeerFeedTest, StopEndsEveryWait) {
    auto taking = std::async(std::launch::async, [&] { return feed_.Take(kPlenty, 60s); });
    auto asking = std::async(std::launch::async, [&] { return feed_.Tip(); });
    std::this_thread::sleep_for(50ms);
    const auto start = steady_clock::now();
    feed_.Stop();
    EXPECT_TRUE(taking.get().empty());
    EXPECT_TRUE(asking.get().has_error());
    EXPECT_LT(steady_clock::now() - start, 5s);
    EXPECT_EQ(feed_.Tip().error().kind, index::NodeError::Kind::stopped);
    EXPECT_TRUE(feed_.Take(kPlenty, 60s).empty());
}

}  // namespace
}  // namespace amber::daemon_client
