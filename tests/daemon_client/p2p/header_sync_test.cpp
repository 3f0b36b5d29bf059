#include "daemon_client/p2p/header_sync.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/daemon_client/p2p/fake_chain.h"
#include "tests/daemon_client/regtest.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::BlockHash;
using index::Bytes;

/// Headers of `chain` after the first hash it has; as a node answers, but fewer at a time would be
/// taken for all it has.
std::vector<Bytes> Answer(const FakeChain& chain, const std::vector<BlockHash>& locator) {
    for (const BlockHash& hash : locator) {
        const auto found = std::ranges::find(chain.hashes, hash);
        if (found == chain.hashes.end()) continue;
        auto headers = HeadersOf(chain, static_cast<std::size_t>(found - chain.hashes.begin()) + 1);
        if (headers.size() > 2000) headers.resize(2000);
        return headers;
    }
    return {};
}

class HeaderSyncTest : public ::testing::Test {
protected:
    /// Answers what is asked until nothing is. Chooses the best chain after each answer.
    void Run(const std::map<std::uint64_t, FakeChain>& peers) {
        for (auto asks = sync_.Plan(now_); !asks.empty(); asks = sync_.Plan(now_))
            for (const auto& ask : asks) {
                ++asked_[ask.peer];
                now_ += 1ms;
                ASSERT_LT(asked_[ask.peer], 100u) << "asked without end";
                ASSERT_TRUE(
                    sync_.OnHeaders(ask.peer, Answer(peers.at(ask.peer), ask.locator), now_));
                Choose();
            }
    }
    void Choose() {
        const auto best = sync_.BestTip();
        if (best && chain_.WorkOf(*best) > chain_.WorkOf(chain_.Tip())) chain_.Choose(*best);
    }

    HeaderChain chain_{Regtest()};
    HeaderSync sync_{chain_};
    HeaderSync::Time now_{};
    std::map<std::uint64_t, std::size_t> asked_;
};

TEST_F(HeaderSyncTest, LearnsAPeersChain) {
    const FakeChain fake = MakeFakeChain(4500);
    sync_.AddPeer(1);
    EXPECT_FALSE(sync_.IsComplete());
    Run({{1, fake}});
    EXPECT_TRUE(sync_.IsComplete());
    EXPECT_FALSE(sync_.HasMore());
    EXPECT_EQ(chain_.Tip(), fake.hashes.back());
    EXPECT_EQ(sync_.TipOf(1), fake.hashes.back());
    EXPECT_EQ(asked_[1], 3u);
}

TEST_F(HeaderSyncTest, SaysThatThereIsMore) {
    sync_.AddPeer(1);
    const auto asks = sync_.Plan(now_);
    ASSERT_EQ(asks.size(), 1u);
    EXPECT_FALSE(sync_.HasMore());
    ASSERT_TRUE(sync_.OnHeaders(1, Answer(MakeFakeChain(2000), asks[0].locator), now_));
    EXPECT_TRUE(sync_.HasMore());
    EXPECT_FALSE(sync_.IsComplete());
}

TEST_F(HeaderSyncTest, AsksOnlyOneForTheWholeChain) {
    const FakeChain fake = MakeFakeChain(6500);
    for (std::uint64_t id = 1; id <= 3; ++id) sync_.AddPeer(id);
    Run({{1, fake}, {2, fake}, {3, fake}});
    EXPECT_TRUE(sync_.IsComplete());
    EXPECT_LE(asked_[1] + asked_[2] + asked_[3], 7u);
    for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(sync_.TipOf(id), fake.hashes.back());
}

TEST_F(HeaderSyncTest, PrefersTheQuickest) {
    const FakeChain fake = MakeFakeChain(20'500);
    sync_.AddPeer(1);
    sync_.AddPeer(2);
    for (auto asks = sync_.Plan(now_); !asks.empty(); asks = sync_.Plan(now_)) {
        ASSERT_EQ(asks.size(), 1u);
        ++asked_[asks[0].peer];
        now_ += asks[0].peer == 1 ? 900ms : 20ms;
        ASSERT_TRUE(sync_.OnHeaders(asks[0].peer, Answer(fake, asks[0].locator), now_));
        Choose();
        if (sync_.TipOf(asks[0].peer) == fake.hashes.back()) break;
    }
    EXPECT_EQ(asked_[1], 1u);
    EXPECT_GE(asked_[2], 10u);
}

TEST_F(HeaderSyncTest, GoesOnWithAnotherWhenOneGoes) {
    const FakeChain fake = MakeFakeChain(4500);
    sync_.AddPeer(1);
    sync_.AddPeer(2);
    const auto asks = sync_.Plan(now_);
    ASSERT_EQ(asks.size(), 1u);
    EXPECT_TRUE(sync_.Plan(now_).empty());
    sync_.RemovePeer(asks[0].peer);
    const std::uint64_t other = 3 - asks[0].peer;
    Run({{other, fake}});
    EXPECT_EQ(sync_.TipOf(other), fake.hashes.back());
    EXPECT_TRUE(sync_.OnHeaders(asks[0].peer, {}, now_));  // too late, and nobody's
}

TEST_F(HeaderSyncTest, AsksAgainAfterAFailure) {
    sync_.AddPeer(1);
    ASSERT_EQ(sync_.Plan(now_).size(), 1u);
    sync_.OnFailed(1);
    Run({{1, MakeFakeChain(3)}});
    EXPECT_EQ(chain_.TipHeight().value, 3u);
}

// Whatever the height of its tip: in the locator or between two entries.
TEST_F(HeaderSyncTest, LearnsThatAPeerIsBehind) {
    const FakeChain fake = MakeFakeChain(300);
    sync_.AddPeer(1);
    Run({{1, fake}});
    for (std::uint64_t height = 0; height <= 300; ++height) {
        const std::uint64_t id = 2 + height;
        sync_.AddPeer(id);
        Run({{1, fake}, {id, fake.UpTo(height)}});
        ASSERT_EQ(sync_.TipOf(id), fake.hashes[height]) << height;
        sync_.RemovePeer(id);
    }
    EXPECT_EQ(chain_.Tip(), fake.hashes.back());
}

TEST_F(HeaderSyncTest, DoesNotAskForEverWhoTellsNothing) {
    const FakeChain fake = MakeFakeChain(300);
    sync_.AddPeer(1);
    Run({{1, fake}});
    sync_.AddPeer(2);
    std::size_t asks = 0;
    for (auto ask = sync_.Plan(now_); !ask.empty(); ask = sync_.Plan(now_), ++asks)
        ASSERT_TRUE(sync_.OnHeaders(2, {}, now_));
    EXPECT_LT(asks, 20u);
    EXPECT_EQ(sync_.TipOf(2), Regtest().genesis);
}

TEST_F(HeaderSyncTest, HearsOfNewBlocks) {
    FakeChain fake = MakeFakeChain(10);
    sync_.AddPeer(1);
    sync_.AddPeer(2);
    Run({{1, fake}, {2, fake}});
    asked_.clear();
    fake.Grow(1, 0);
    sync_.OnAnnounced(1, std::vector{fake.hashes.back()});
    Run({{1, fake}});
    EXPECT_EQ(chain_.Tip(), fake.hashes.back());
    // Known meanwhile: nothing is asked.
    sync_.OnAnnounced(2, std::vector{fake.hashes.back()});
    EXPECT_TRUE(sync_.Plan(now_).empty());
    EXPECT_EQ(sync_.TipOf(2), fake.hashes.back());
    // An old block does not take it back.
    sync_.OnAnnounced(2, std::vector{fake.hashes[3]});
    EXPECT_EQ(sync_.TipOf(2), fake.hashes.back());
    sync_.OnAnnounced(77, std::vector{fake.hashes[3]});
}

TEST_F(HeaderSyncTest, KnowsWhichPeerIsOnWhichBranch) {
    const FakeChain main = MakeFakeChain(60);
    FakeChain branch = main.UpTo(50);
    branch.Grow(15, 1);
    sync_.AddPeer(1);
    sync_.AddPeer(2);
    Run({{1, main}, {2, branch}});
    EXPECT_EQ(sync_.TipOf(1), main.hashes.back());
    EXPECT_EQ(sync_.TipOf(2), branch.hashes.back());
    EXPECT_EQ(sync_.BestTip(), branch.hashes.back());
    sync_.RemovePeer(2);
    EXPECT_EQ(sync_.BestTip(), main.hashes.back());
}

TEST_F(HeaderSyncTest, ABranchThatWasTrimmedAwayIsLearnedAnew) {
    HeaderChain chain(Regtest(), 5);
    HeaderSync sync(chain);
    const FakeChain main = MakeFakeChain(30);
    FakeChain branch = main.UpTo(10);
    branch.Grow(8, 1);
    ASSERT_TRUE(chain.Add(HeadersOf(main)));
    chain.Choose(main.hashes.back());
    sync.AddPeer(1);
    const auto learn = [&] {
        for (auto asks = sync.Plan(now_); !asks.empty(); asks = sync.Plan(now_))
            ASSERT_TRUE(sync.OnHeaders(1, Answer(branch, asks[0].locator), now_));
    };
    learn();
    EXPECT_EQ(sync.BestTip(), branch.hashes.back());
    chain.TrimBranches();
    EXPECT_EQ(sync.BestTip(), std::nullopt);
    sync.OnAnnounced(1, std::vector{branch.hashes.back()});
    learn();
    EXPECT_EQ(sync.BestTip(), branch.hashes.back());
}

TEST_F(HeaderSyncTest, RefusesHeadersOfAnotherNetwork) {
    sync_.AddPeer(1);
    ASSERT_EQ(sync_.Plan(now_).size(), 1u);
    const auto taken = sync_.OnHeaders(1, HeadersOf(MakeFakeChain(5), 3), now_);
    ASSERT_TRUE(taken.has_error());
    EXPECT_NE(taken.error().why.find("follows the unknown"), std::string::npos);
}

// Peers with chains that grow and change, asked when they announce or now and then: in the end
// the best is chosen, and each peer's tip is known.
TEST_F(HeaderSyncTest, EndsWithTheBestOfAll) {
    const auto seed = ::testing::UnitTest::GetInstance()->random_seed();
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    for (int round = 0; round < 60; ++round) {
        HeaderChain chain(Regtest());
        HeaderSync sync(chain);
        std::map<std::uint64_t, FakeChain> peers;
        std::map<std::uint64_t, std::vector<BlockHash>> asked;
        HeaderSync::Time now{};
        const auto choose = [&] {
            const auto best = sync.BestTip();
            if (best && chain.WorkOf(*best) > chain.WorkOf(chain.Tip())) chain.Choose(*best);
        };
        const auto step = [&] {
            for (auto& ask : sync.Plan(now)) asked[ask.peer] = ask.locator;
            if (asked.empty()) return false;
            const auto picked =
                std::next(asked.begin(), static_cast<std::ptrdiff_t>(random() % asked.size()));
            const auto [id, locator] = *picked;
            asked.erase(picked);
            now += 1ms * (random() % 50);
            EXPECT_TRUE(sync.OnHeaders(id, Answer(peers.at(id), locator), now));
            choose();
            return true;
        };
        std::uint64_t last_id = 0;
        for (int event = 0; event < 60; ++event) {
            const auto what = random() % 10;
            if (peers.empty() || what == 0) {
                const FakeChain* from = peers.empty() ? nullptr : &peers.begin()->second;
                peers[++last_id] =
                    from == nullptr ? FakeChain() : from->UpTo(random() % from->blocks.size());
                sync.AddPeer(last_id);
                continue;
            }
            const auto peer =
                std::next(peers.begin(), static_cast<std::ptrdiff_t>(random() % peers.size()));
            if (what == 1 && peers.size() > 1) {
                sync.RemovePeer(peer->first);
                asked.erase(peer->first);
                peers.erase(peer);
            } else if (what <= 4) {
                FakeChain& chain_of = peer->second;
                chain_of =
                    chain_of.UpTo(chain_of.blocks.size() - 1 -
                                  random() % std::min<std::size_t>(4, chain_of.blocks.size()));
                chain_of.Grow(4 + random() % 3, random());
                sync.OnAnnounced(peer->first, std::vector{chain_of.hashes.back()});
            } else {
                step();
            }
        }
        sync.LookAtAll();
        int steps = 0;
        while (step()) ASSERT_LT(++steps, 2000) << "seed " << seed << ", round " << round;
        for (const auto& [id, of_peer] : peers) {
            ASSERT_EQ(sync.TipOf(id), of_peer.hashes.back())
                << "seed " << seed << ", round " << round << ", peer " << id;
            ASSERT_LE(of_peer.blocks.size() - 1, chain.TipHeight().value);
        }
    }
}

}  // namespace
}  // namespace amber::daemon_client
