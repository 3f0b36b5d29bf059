#include <future>
#include <random>
#include <thread>

#include "tests/daemon_client/p2p/fetcher_fixture.h"
#include "tests/daemon_client/rpc_fixture.h"
#include "tests/support/sanitized.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::BlockHash;
using index::Bytes;
using Kind = PeerError::Kind;
using Answer = PeerResult<std::vector<Bytes>>;

class PeerFetcherTest : public FetcherTest {
protected:
    PeerFetcherTest() : FetcherTest(MakeFakeChain(30, 0, 1000), 200ms) {}

    std::future<Answer> Begin(std::vector<BlockHash> hashes) {
        auto promise = std::make_shared<std::promise<Answer>>();
        fetcher_.Fetch(std::move(hashes),
                       [promise](Answer answer) { promise->set_value(std::move(answer)); });
        return promise->get_future();
    }
    Answer Fetch(std::vector<BlockHash> hashes) { return Begin(std::move(hashes)).get(); }
    void ExpectBlocks(const Answer& answer, const std::vector<std::size_t>& heights) const {
        ASSERT_TRUE(answer.has_value()) << answer.error().message;
        ASSERT_EQ(answer->size(), heights.size());
        for (std::size_t i = 0; i < heights.size(); ++i)
            EXPECT_EQ((*answer)[i], *chain_.blocks[heights[i]]);
    }
    const BlockHash& Hash(std::size_t height) const { return chain_.hashes[height]; }
};

TEST_F(PeerFetcherTest, BlocksComeInTheOrderAsked) {
    Connect();
    ExpectBlocks(Fetch({Hash(9), Hash(2), Hash(5)}), {9, 2, 5});
}

TEST_F(PeerFetcherTest, WithoutPeersItSaysSoAtOnce) {
    EXPECT_EQ(Fetch({Hash(1)}).error().kind, Kind::unreachable);
    network_.Disconnect(Connect());
    EXPECT_TRUE(Eventually([&] { return Fetch({Hash(1)}).has_error(); }));
}

TEST_F(PeerFetcherTest, WhatOnePeerLacksAnotherSends) {
    const auto lacking = Connect({.lacks = {Hash(3)}});
    const auto omitting = Connect({.omits = {Hash(3)}});
    const auto broken = Connect({.overloaded = true});
    const auto good = Connect();
    for (int i = 0; i < 4; ++i) ExpectBlocks(Fetch({Hash(2), Hash(3)}), {2, 3});
    EXPECT_GE(good->BlocksSent(), 8U);
    EXPECT_GT(lacking->BlocksSent() + omitting->BlocksSent(), 0U);
}

TEST_F(PeerFetcherTest, WhatNoPeerHasIsMissing) {
    Connect({.lacks = {Hash(3)}});
    Connect({.lacks = {Hash(3)}});
    const auto answer = Fetch({Hash(3)});
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().kind, Kind::missing);
}

TEST_F(PeerFetcherTest, OfASilentPeerEverythingIsAskedOfAnotherAtOnce) {
    const auto silent = Connect({.silent = true, .timeout = 100ms});
    std::vector<std::future<Answer>> answers;
    for (int i = 0; i < 10; ++i) answers.push_back(Begin({Hash(1)}));
    Connect();
    const auto began = std::chrono::steady_clock::now();
    for (auto& answer : answers) ExpectBlocks(answer.get(), {1});
    // Its timeouts come one after the other: the first is enough.
    EXPECT_LT(std::chrono::steady_clock::now() - began, 700ms);
    // And it rests: with the other gone, nobody is asked.
    silent->SetFaults({});
    ExpectBlocks(Fetch({Hash(2)}), {2});
    EXPECT_EQ(silent->BlocksSent(), 0U);
    std::this_thread::sleep_for(200ms);
    EXPECT_TRUE(Eventually([&] {
        std::vector<std::future<Answer>> two;
        for (int i = 0; i < 2; ++i) two.push_back(Begin({Hash(1)}));
        for (auto& answer : two) ExpectBlocks(answer.get(), {1});
        return silent->BlocksSent() > 0;
    }));
}

TEST_F(PeerFetcherTest, PeersShareTheWork) {
    const auto one = Connect({.block_time = 5ms}), two = Connect({.block_time = 5ms});
    std::vector<std::future<Answer>> answers;
    for (std::size_t i = 0; i < 20; ++i) answers.push_back(Begin({Hash(i)}));
    for (std::size_t i = 0; i < 20; ++i) ExpectBlocks(answers[i].get(), {i});
    EXPECT_EQ(one->BlocksSent(), 10U);
    EXPECT_EQ(two->BlocksSent(), 10U);
}

TEST_F(PeerFetcherTest, StopAnswersWhatWaits) {
    Connect({.silent = true, .timeout = 60s});
    auto waiting = Begin({Hash(1)});
    fetcher_.Stop();
    EXPECT_EQ(waiting.get().error().kind, Kind::stopped);
    EXPECT_EQ(Fetch({Hash(1)}).error().kind, Kind::stopped);
}

// Whatever the peers do, each request has one answer, and it is right or an error.
TEST_F(PeerFetcherTest, EveryRequestIsAnsweredOnceUnderRandomTrouble) {
    const auto seed = ::testing::UnitTest::GetInstance()->random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    std::vector<std::shared_ptr<FakePeer>> peers;
    std::vector<std::future<Answer>> answers;
    std::vector<std::size_t> heights;
    for (int step = 0; step < (kSanitized ? 300 : 2000); ++step) {
        if (random() % 8 == 0) std::this_thread::sleep_for(500us);
        switch (random() % 8) {
            case 0:
                peers.push_back(network_.Connect(chain_));
                break;
            case 1:
                if (peers.empty()) break;
                network_.Disconnect(peers[random() % peers.size()]);
                break;
            case 2:
                if (peers.empty()) break;
                peers[random() % peers.size()]->SetFaults(
                    {.block_time = std::chrono::microseconds(random() % 300),
                     .silent = random() % 4 == 0,
                     .timeout = 2ms,
                     .overloaded = random() % 4 == 0,
                     .lacks = {Hash(random() % 30)},
                     .omits = {Hash(random() % 30)}});
                break;
            default:
                heights.push_back(random() % 30);
                answers.push_back(Begin({Hash(heights.back())}));
        }
    }
    std::size_t right = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        ASSERT_EQ(answers[i].wait_for(20s), std::future_status::ready) << i;
        const auto answer = answers[i].get();
        if (!answer) continue;
        ExpectBlocks(answer, {heights[i]});
        ++right;
    }
    EXPECT_GT(right, answers.size() / 4);
}

}  // namespace
}  // namespace amber::daemon_client
