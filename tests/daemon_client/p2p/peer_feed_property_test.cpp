#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "tests/daemon_client/p2p/feed_fixture.h"
#include "tests/support/sanitized.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::Block;
using index::BlockHash;
using index::Height;
using std::chrono::steady_clock;

/// Takes blocks as the indexer does: walks back to the fork when a block does not follow.
class Taker {
public:
    explicit Taker(PeerFeed& feed) : feed_(feed) { feed_.Restart({0}); }

    void Step(std::size_t max_bytes) {
        const auto tip = feed_.Tip();
        if (!tip) return;
        if (!hashes_.empty() && !IsOn(*tip)) {
            while (!hashes_.empty() && !IsCommon()) hashes_.pop_back();
            Restart();
        }
        for (const Block& block : feed_.Take(max_bytes, 20ms)) {
            if (!hashes_.empty() && block.previous != hashes_.back()) return Restart();
            hashes_.push_back(block.hash);
        }
    }
    void Restart() { feed_.Restart({static_cast<std::uint32_t>(hashes_.size())}); }
    /// Forgets the last blocks.
    void Back(std::size_t count) {
        hashes_.resize(hashes_.size() - std::min(count, hashes_.size()));
        Restart();
    }
    [[nodiscard]] const std::vector<BlockHash>& Hashes() const { return hashes_; }

private:
    [[nodiscard]] bool IsOn(const index::NodeTip& tip) const {
        return tip.height.value + 1 >= hashes_.size() ? IsCommon() : tip.initial_download;
    }
    [[nodiscard]] bool IsCommon() const {
        const auto theirs = feed_.Hashes({static_cast<std::uint32_t>(hashes_.size() - 1)}, 1);
        return theirs && theirs->size() == 1 && theirs->front() == hashes_.back();
    }

    PeerFeed& feed_;
    std::vector<BlockHash> hashes_;
};

FakePeer::Faults RandomFaults(std::mt19937_64& random, const FakeChain& chain) {
    FakePeer::Faults faults;
    faults.timeout = std::chrono::milliseconds(5 + random() % 30);
    faults.block_time = std::chrono::microseconds(random() % 300);
    faults.headers_time = std::chrono::microseconds(random() % 2000);
    switch (random() % 9) {
        case 0:
            faults.silent = true;
            break;
        case 1:
            faults.silent_on_headers = true;
            break;
        case 2:
            faults.spoils_blocks = true;
            break;
        case 3:
            faults.spoils_headers = true;
            break;
        case 4:
            faults.overloaded = true;
            break;
        case 5:
            faults.tells_no_headers = true;
            break;
        case 6:
            faults.lacks.insert(chain.hashes[random() % chain.hashes.size()]);
            break;
        case 7:
            faults.omits.insert(chain.hashes[random() % chain.hashes.size()]);
            break;
        default:
            break;
    }
    return faults;
}

// Peers with one fault or another come and go and change branches, while blocks are taken and the
// taker at times goes back. In the end one good peer has the most work: exactly its chain is taken.
TEST(PeerFeedProperty, TheTakerEndsWithTheBestChain) {
    const auto seed = ::testing::UnitTest::GetInstance()->random_seed();
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    constexpr int kRounds = kSanitized ? 6 : 25;
    for (int round = 0; round < kRounds; ++round) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
        FeedFixture fixture;
        Taker taker(fixture.feed);
        std::vector<std::shared_ptr<FakePeer>> peers;
        std::vector<FakeChain> branches{MakeFakeChain(50 + random() % 150, random(), 100)};
        for (int event = 0; event < 80; ++event) {
            const FakeChain& from = branches[random() % branches.size()];
            const auto what = random() % 10;
            if (what < 2) {
                peers.push_back(
                    fixture.network.Connect(from, "host" + std::to_string(random() % 6)));
                peers.back()->SetFaults(RandomFaults(random, from));
            } else if (what == 2 && !peers.empty()) {
                fixture.network.Disconnect(peers[random() % peers.size()]);
            } else if (what == 3) {
                FakeChain branch =
                    from.UpTo(from.hashes.size() - 1 -
                              random() % std::min<std::size_t>(12, from.hashes.size()));
                branch.Grow(1 + random() % 20, random(), random() % 500);
                branches.push_back(branch);
                if (!peers.empty())
                    peers[random() % peers.size()]->SetChain(branch, random() % 2 == 0);
            } else if (what == 4 && random() % 4 == 0) {
                taker.Back(random() % 20);
            } else {
                taker.Step(random() % 20'000);
            }
        }
        std::size_t longest = 0;
        for (const FakeChain& branch : branches) longest = std::max(longest, branch.hashes.size());
        FakeChain best = branches[random() % branches.size()];
        best.Grow(longest + 1 - std::min(longest, best.hashes.size()), random(), 100);
        fixture.network.Connect(best, "good");
        const auto end = steady_clock::now() + 60s;
        while (taker.Hashes() != best.hashes && steady_clock::now() < end) taker.Step(100'000);
        ASSERT_EQ(taker.Hashes().size(), best.hashes.size());
        ASSERT_EQ(taker.Hashes(), best.hashes);
    }
}

// Peers come and go at any moment of a request. However the threads meet, the wait ends with the
// block: nothing is forgotten, and no wait goes to its limit.
TEST(PeerFeedProperty, NoWakeUpIsLost) {
    const auto seed = ::testing::UnitTest::GetInstance()->random_seed();
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    constexpr int kRounds = kSanitized ? 3'000 : 100'000;
    auto options = QuickFeed();
    // Nothing that is overslept is made good for by a timer.
    options.tick = 1h;
    options.look = 1h;
    FeedFixture fixture(options);
    const FakeChain chain = MakeFakeChain(1);
    std::shared_ptr<FakePeer> peer;
    for (int round = 0; round < kRounds; ++round) {
        if (peer && random() % 2 == 0) fixture.network.Disconnect(std::exchange(peer, nullptr));
        fixture.feed.Restart({1});
        if (peer && random() % 4 == 0) fixture.network.Disconnect(std::exchange(peer, nullptr));
        if (!peer) peer = fixture.network.Connect(chain, "host");
        std::vector<Block> taken;
        const auto start = steady_clock::now();
        while (taken.empty() && steady_clock::now() - start < 30s)
            taken = fixture.feed.Take(1, 30s);
        ASSERT_LT(steady_clock::now() - start, 20s)
            << "seed " << seed << ", round " << round << ": overslept";
        ASSERT_EQ(taken.size(), 1u) << "seed " << seed << ", round " << round;
        ASSERT_EQ(taken.front().hash, chain.hashes[1]);
    }
}

}  // namespace
}  // namespace amber::daemon_client
