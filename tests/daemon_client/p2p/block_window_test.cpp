#include "daemon_client/p2p/block_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <queue>
#include <random>
#include <set>

#include "daemon_client/block_check.h"
#include "tests/daemon_client/p2p/fake_chain.h"
#include "tests/daemon_client/regtest.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::Block;
using index::BlockHash;
using index::Bytes;
using index::Height;
using Time = BlockWindow::Time;

constexpr std::size_t kPlenty = std::size_t{1} << 40;

/// Peers in a time of their own, that answer what a window asks of them.
class BlockWindowTest : public ::testing::Test {
protected:
    struct SimPeer {
        std::chrono::microseconds block_time{100};
        std::set<BlockHash> lacks = {};
        bool silent = false;
        Time busy_until = {};
        std::size_t sent = 0;
    };

    void Use(const FakeChain& fake) {
        ASSERT_TRUE(chain_.Add(HeadersOf(fake)));
        chain_.Choose(fake.hashes.back());
        for (std::size_t height = 0; height < fake.blocks.size(); ++height)
            blocks_[fake.hashes[height]] = fake.blocks[height];
        window_->Follow(chain_);
    }
    void Connect(BlockWindow::PeerId id, SimPeer peer, std::optional<Height> reach) {
        peers_[id] = std::move(peer);
        window_->AddPeer(id);
        window_->SetReach(id, reach);
    }
    void Ask() {
        for (auto& request : window_->Plan(now_)) {
            SimPeer& peer = peers_.at(request.peer);
            if (peer.silent) continue;
            peer.busy_until = std::max(now_, peer.busy_until) +
                              peer.block_time * static_cast<int>(request.hashes.size());
            due_.emplace(peer.busy_until, request);
        }
    }
    /// The next answer, or the next quarter of a second.
    void Step() {
        Ask();
        const Time tick = now_ + 250ms;
        if (due_.empty() || due_.begin()->first > tick) {
            now_ = tick;
            return;
        }
        const auto [time, request] = *due_.begin();
        due_.erase(due_.begin());
        now_ = std::max(now_, time);
        Answer(request);
    }
    void Answer(const BlockWindow::Request& request) {
        SimPeer& peer = peers_.at(request.peer);
        std::vector<BlockWindow::Arrived> arrived;
        for (const BlockHash& hash : request.hashes)
            if (!peer.lacks.contains(hash)) {
                arrived.push_back({hash, blocks_.at(hash)->size()});
                ++peer.sent;
            }
        for (const auto& wanted : window_->OnBlocks(request.id, arrived, now_))
            Fill(request.id, wanted.height, arrived[wanted.place].hash);
    }
    void Fill(BlockWindow::RequestId id, Height height, const BlockHash& hash) {
        auto block = CheckBlock(*Regtest().codec, hash, *blocks_.at(hash));
        ASSERT_TRUE(block);
        window_->Fill(id, height, std::move(*block));
    }
    /// Takes all there is, until `count` blocks were taken.
    std::vector<BlockHash> TakeUntil(std::size_t count, std::size_t at_a_time = kPlenty) {
        std::vector<BlockHash> taken;
        for (int step = 0; taken.size() < count && step < 100'000; ++step) {
            Step();
            for (const Block& block : window_->Take(at_a_time, chain_)) taken.push_back(block.hash);
        }
        return taken;
    }

    BlockWindowOptions options_;
    HeaderChain chain_{Regtest()};
    std::optional<BlockWindow> window_{options_};
    std::map<BlockHash, std::shared_ptr<const Bytes>> blocks_;
    std::map<BlockWindow::PeerId, SimPeer> peers_;
    std::multimap<Time, BlockWindow::Request> due_;
    Time now_ = Time() + 1h;
};

TEST_F(BlockWindowTest, HandsOverTheChainInOrder) {
    const FakeChain fake = MakeFakeChain(5000);
    Use(fake);
    for (BlockWindow::PeerId id = 1; id <= 3; ++id) Connect(id, {}, Height{5000});
    EXPECT_EQ(TakeUntil(5001), fake.hashes);
    EXPECT_TRUE(window_->Plan(now_).empty());
    EXPECT_FALSE(window_->IsStuck());
    for (const auto& [id, peer] : peers_) EXPECT_GT(peer.sent, 500u) << id;
}

TEST_F(BlockWindowTest, AsksNobodyForWhatHeHasNot) {
    const FakeChain fake = MakeFakeChain(300);
    Use(fake);
    Connect(1, {}, Height{300});
    Connect(2, {}, Height{100});
    Connect(3, {}, std::nullopt);
    for (int step = 0; step < 1000; ++step) {
        for (const auto& request : window_->Plan(now_)) {
            EXPECT_NE(request.peer, 3u);
            const std::uint32_t last = chain_.HeightOf(request.hashes.back())->value;
            EXPECT_TRUE(request.peer == 1 || last <= 100) << last;
            due_.emplace(now_, request);
        }
        Step();
        (void)window_->Take(kPlenty, chain_);
    }
    EXPECT_EQ(window_->NextHeight().value, 301u);
}

TEST_F(BlockWindowTest, ASlowPeerOfFourGetsTheClearMinority) {
    const FakeChain fake = MakeFakeChain(3000, 0, 20'000);
    Use(fake);
    for (BlockWindow::PeerId id = 1; id <= 4; ++id)
        Connect(id, {.block_time = id == 4 ? 50ms : 2ms}, Height{3000});
    EXPECT_EQ(TakeUntil(3001), fake.hashes);
    for (BlockWindow::PeerId id = 1; id <= 3; ++id)
        EXPECT_LT(4 * peers_[4].sent, peers_[id].sent) << id;
    EXPECT_LT(now_ - Time() - 1h, 5s);  // 3,000 blocks of 2 ms by three; alone it takes 150 s
}

TEST_F(BlockWindowTest, TakesOverFromOneThatIsSilent) {
    const FakeChain fake = MakeFakeChain(2000);
    Use(fake);
    Connect(1, {.silent = true}, Height{2000});
    Ask();
    Connect(2, {}, Height{2000});
    EXPECT_EQ(TakeUntil(2001), fake.hashes);
    EXPECT_LT(now_ - Time() - 1h, 2 * options_.patience + 5s);
    EXPECT_TRUE(window_->Stalled(now_).empty());
    EXPECT_EQ(window_->Stalled(now_ + options_.stall), (std::set<BlockWindow::PeerId>{1}));
}

TEST_F(BlockWindowTest, APeerThatGoesLeavesItsBlocksToOthers) {
    const FakeChain fake = MakeFakeChain(500);
    Use(fake);
    Connect(1, {.silent = true}, Height{500});
    Ask();
    EXPECT_TRUE(window_->Plan(now_).empty());
    window_->RemovePeer(1);
    EXPECT_TRUE(window_->IsStuck());
    Connect(2, {}, Height{500});
    EXPECT_FALSE(window_->IsStuck());
    const Time before = now_;
    EXPECT_EQ(TakeUntil(501), fake.hashes);
    EXPECT_LT(now_ - before, options_.patience);
}

TEST_F(BlockWindowTest, NotFoundSendsItElsewhereAndIsForgotten) {
    const FakeChain fake = MakeFakeChain(200);
    Use(fake);
    Connect(1, {.lacks = {fake.hashes[7], fake.hashes[150]}}, Height{200});
    EXPECT_EQ(TakeUntil(7).size(), 7u);
    for (int step = 0; step < 200 && !due_.empty(); ++step) Step();
    EXPECT_TRUE(window_->IsStuck());
    EXPECT_EQ(peers_[1].sent, 199u);  // all others, and none twice
    Connect(2, {}, Height{200});
    EXPECT_FALSE(window_->IsStuck());
    EXPECT_EQ(TakeUntil(194).size(), 194u);
    EXPECT_EQ(peers_[2].sent, 2u);
}

TEST_F(BlockWindowTest, WhatAPeerHadNotItMayHaveLater) {
    const FakeChain fake = MakeFakeChain(20);
    Use(fake);
    Connect(1, {.lacks = {fake.hashes[3]}}, Height{20});
    EXPECT_EQ(TakeUntil(3).size(), 3u);
    for (int step = 0; step < 200 && !window_->IsStuck(); ++step) Step();
    EXPECT_TRUE(window_->IsStuck());
    peers_[1].lacks.clear();
    Step();
    EXPECT_TRUE(window_->IsStuck());
    now_ += options_.lacking + 1s;
    EXPECT_EQ(TakeUntil(18).size(), 18u);
}

TEST_F(BlockWindowTest, KeepsToTheBudget) {
    options_.budget = 1 << 20;
    window_.emplace(options_);
    const FakeChain fake = MakeFakeChain(400, 0, 30'000);
    Use(fake);
    Connect(1, {}, Height{400});
    Connect(2, {}, Height{400});
    for (int step = 0; step < 200; ++step) Step();
    // All but the answers that came before sizes were known.
    EXPECT_GT(peers_[1].sent + peers_[2].sent, 25u);
    EXPECT_LT(peers_[1].sent + peers_[2].sent, 40u);
    EXPECT_EQ(TakeUntil(401), fake.hashes);
}

TEST_F(BlockWindowTest, TheBlockThatIsWaitedForMayExceedTheBudget) {
    options_.budget = 1000;
    window_.emplace(options_);
    const FakeChain fake = MakeFakeChain(50, 0, 30'000);
    Use(fake);
    Connect(1, {}, Height{50});
    EXPECT_EQ(TakeUntil(51), fake.hashes);
}

TEST_F(BlockWindowTest, FollowsAReorganisation) {
    const FakeChain main = MakeFakeChain(100);
    FakeChain branch = main.UpTo(60);
    branch.Grow(50, 1);
    Use(main);
    Connect(1, {.silent = true}, Height{100});
    Ask();
    Use(branch);
    window_->SetReach(1, Height{60});
    Connect(2, {}, Height{110});
    EXPECT_EQ(TakeUntil(111), branch.hashes);
}

TEST_F(BlockWindowTest, WhatComesAfterARestartIsNotMixedWithWhatCameBefore) {
    const FakeChain fake = MakeFakeChain(100);
    Use(fake);
    Connect(1, {}, Height{100});
    const auto early = window_->Plan(now_);
    ASSERT_FALSE(early.empty());
    window_->Restart({50});
    window_->Follow(chain_);
    for (const auto& request : early) Answer(request);
    EXPECT_FALSE(window_->IsReady());
    EXPECT_EQ(TakeUntil(51), (std::vector(fake.hashes.begin() + 50, fake.hashes.end())));
}

TEST_F(BlockWindowTest, ARefusedBlockIsAskedForAgain) {
    const FakeChain fake = MakeFakeChain(3);
    Use(fake);
    Connect(1, {}, Height{3});
    const auto requests = window_->Plan(now_);
    ASSERT_EQ(requests.front().hashes.front(), fake.hashes[0]);
    const auto id = requests.front().id;
    ASSERT_EQ(window_->OnBlocks(id, {{fake.hashes[0], 285}}, now_).size(), 1u);
    EXPECT_TRUE(window_->Refuse(id, {0}));
    EXPECT_FALSE(window_->Refuse(id, {0}));
    for (std::size_t i = 1; i < requests.size(); ++i) due_.emplace(now_, requests[i]);
    EXPECT_EQ(TakeUntil(4), fake.hashes);
}

TEST_F(BlockWindowTest, TakesAboutAsMuchAsAsked) {
    const FakeChain fake = MakeFakeChain(20);
    Use(fake);
    Connect(1, {}, Height{20});
    for (int step = 0; step < 50; ++step) Step();
    EXPECT_EQ(window_->Take(1, chain_).size(), 1u);
    const std::size_t three =
        fake.blocks[1]->size() + fake.blocks[2]->size() + fake.blocks[3]->size();
    EXPECT_EQ(window_->Take(three, chain_).size(), 3u);
}

// Peers that come and go, are slow, silent, or lack blocks; a chain that grows and forks; a taker
// that starts anew. One peer is good. Whatever happens, what is taken is the chosen chain in order.
TEST_F(BlockWindowTest, TheTakerGetsExactlyTheChain) {
    const auto seed = ::testing::UnitTest::GetInstance()->random_seed();
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    for (int round = 0; round < 40; ++round) {
        options_.budget = 1000 << random() % 12;
        window_.emplace(options_);
        peers_.clear();
        due_.clear();
        FakeChain fake = MakeFakeChain(30 + random() % 100, random(), random() % 2000);
        Use(fake);
        BlockWindow::PeerId last_peer = 1;
        Connect(1, {}, chain_.TipHeight());
        std::size_t next = 0;
        const auto take = [&] {
            for (const Block& block : window_->Take(random() % 5000, chain_)) {
                ASSERT_LT(next, fake.hashes.size()) << "seed " << seed << ", round " << round;
                ASSERT_EQ(block.hash, fake.hashes[next++])
                    << "seed " << seed << ", round " << round;
            }
        };
        for (int event = 0; event < 400; ++event) {
            const auto what = random() % 40;
            if (what == 0) {
                SimPeer peer{.block_time = std::chrono::microseconds(random() % 100'000),
                             .silent = random() % 3 == 0};
                if (random() % 2 == 0)
                    peer.lacks.insert(fake.hashes[random() % fake.hashes.size()]);
                Connect(++last_peer, peer, Height{static_cast<std::uint32_t>(random() % 150)});
                window_->SetReach(
                    last_peer,
                    std::min(chain_.TipHeight(),
                             Height{static_cast<std::uint32_t>(random() % fake.hashes.size())}));
            } else if (what == 1 && peers_.size() > 1) {
                const auto gone =
                    std::next(peers_.begin(),
                              1 + static_cast<std::ptrdiff_t>(random() % (peers_.size() - 1)));
                window_->RemovePeer(gone->first);
                std::erase_if(due_,
                              [&](const auto& due) { return due.second.peer == gone->first; });
                peers_.erase(gone);
            } else if (what == 2) {
                const std::size_t fork = fake.hashes.size() - 1 -
                                         random() % std::min<std::size_t>(5, fake.hashes.size());
                fake = fake.UpTo(fork);
                fake.Grow(5 + random() % 5, random(), random() % 2000);
                Use(fake);
                // Above the fork, the others are on another branch.
                for (const auto& [id, peer] : peers_)
                    window_->SetReach(
                        id, id == 1 ? chain_.TipHeight()
                                    : Height{static_cast<std::uint32_t>(random() % (fork + 1))});
                if (next > fork) {
                    next = fork + 1;
                    window_->Restart({static_cast<std::uint32_t>(next)});
                    window_->Follow(chain_);
                }
            } else if (what == 3) {
                next = random() % fake.hashes.size();
                window_->Restart({static_cast<std::uint32_t>(next)});
                window_->Follow(chain_);
            } else if (what < 10) {
                take();
            } else {
                Step();
            }
        }
        for (int step = 0; next < fake.hashes.size() && step < 20'000; ++step) {
            Step();
            take();
        }
        ASSERT_EQ(next, fake.hashes.size()) << "seed " << seed << ", round " << round;
    }
}

}  // namespace
}  // namespace amber::daemon_client
