// D10_n names check n of the acceptance checks for peer connections.
#include "daemon_client/p2p/peer_set.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "tests/daemon_client/p2p/served_chain_fixture.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::BlockHash;
using index::Bytes;

std::size_t OpenFiles() {
    const auto files = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::size_t Threads() {
    const auto threads = std::filesystem::directory_iterator("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(threads), end(threads)));
}

using PeerSetTest = ServedChainTest;

// Stopping (D10_2, D10_3).

TEST_F(PeerSetTest, D10_2_StopAnswersEverythingAndLeavesNothing) {
    std::shared_ptr<Peer> peer;
    {
        StagedPeer silent([](Connection& c) {
            c.ShakeHands();
            c.ReadToTheEnd();
        });
        WatchedPeers peers(QuickOptions({silent.Address()}));
        peer = peers.WaitReady();
        std::atomic<int> stopped{0};
        for (int i = 0; i < 10; ++i)
            peer->GetBlocks({hashes_[1]},
                            [&](auto result) { stopped += result.error().kind == Kind::stopped; });
        const auto began = Clock::now();
        peers.set.Stop();
        EXPECT_LT(Clock::now() - began, 1s);
        EXPECT_EQ(stopped, 10);
        peers.set.Stop();
        EXPECT_EQ(peers.CountGone(), 0U);
    }
    // The handle outlives the set.
    EXPECT_EQ(AskHeaders(*peer, {hashes_[1]}).error().kind, Kind::stopped);
    peer->Drop({Kind::malformed, "late"});
}

TEST_F(PeerSetTest, D10_2_TenThousandCyclesLeakNothing) {
    const int cycles = kSanitized ? 300 : 10'000;
    std::size_t files = 0, threads = 0;
    for (int i = 0; i < cycles; ++i) {
        WatchedPeers peers(QuickOptions({good_.Address()}));
        const auto peer = peers.WaitReady();
        std::promise<void> answered;
        if (i % 3 == 1) peer->GetBlocks({hashes_[1]}, [&](auto) { answered.set_value(); });
        if (i % 3 == 2) peer->Drop({Kind::malformed, "a test"});
        peers.set.Stop();
        if (i % 3 == 1) {
            EXPECT_EQ(answered.get_future().wait_for(0s), std::future_status::ready);
        }
        while (good_.Open() > 0) std::this_thread::yield();
        if (i == 10) files = OpenFiles(), threads = Threads();
    }
    EXPECT_LE(OpenFiles(), files + 3);
    EXPECT_LE(Threads(), threads + 3);
}

TEST_F(PeerSetTest, D10_2_StopsWhileConnectingAndBeforeStarting) {
    BlackHole hole;
    for (int i = 0; i < 20; ++i) {
        WatchedPeers peers(QuickOptions({hole.Address(), "localhost:1", good_.Address()}));
        std::this_thread::sleep_for(i * 100us);
        const auto began = Clock::now();
        peers.set.Stop();
        EXPECT_LT(Clock::now() - began, 1s);
    }
    PeerSet never(Regtest(), QuickOptions({good_.Address()}));
    never.After(0s, [] { FAIL() << "after Stop()"; });
    never.Stop();
    never.After(0s, [] { FAIL() << "after Stop()"; });
}

TEST_F(PeerSetTest, D10_3_ClosingFromBothSidesAtOnce) {
    const int rounds = kSanitized ? 200 : 1000;
    StagedPeer staged([](Connection& c) {
        c.ShakeHands();
        c.ReadUntil(Command::getdata);
    });
    for (int i = 0; i < rounds; ++i) {
        WatchedPeers peers(QuickOptions({staged.Address()}));
        const auto peer = peers.WaitReady();
        std::atomic<int> answers{0};
        std::thread asks([&] {
            for (int j = 0; j < 20; ++j) peer->GetBlocks({hashes_[1]}, [&](auto) { ++answers; });
        });
        std::thread drops([&] { peer->Drop({Kind::malformed, "a test"}); });
        std::thread stops([&] { peers.set.Stop(); });
        asks.join();
        drops.join();
        peers.set.Stop();
        stops.join();
        EXPECT_EQ(answers, 20);
    }
}

// Many addresses (D10_7).

TEST_F(PeerSetTest, D10_7_FortyFiveBlackHolesDoNotDelayFiveGoodPeers) {
    std::deque<BlackHole> holes(45);
    std::deque<StagedPeer> good;
    std::vector<std::string> addresses;
    for (const BlackHole& hole : holes) addresses.push_back(hole.Address());
    for (int i = 0; i < 5; ++i)
        addresses.push_back(good.emplace_back([this](Connection& c) { Serve(c); }).Address());
    auto options = ImpatientOptions(addresses);
    options.attempts_max = 25;  // so that the good ones have to wait for holes to time out
    const auto began = Clock::now();
    WatchedPeers peers(options);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(AskHeaders(*peers.WaitReady(), {Regtest().genesis}));
    EXPECT_GE(Clock::now() - began, 500ms);
    EXPECT_LT(Clock::now() - began, 500ms + kSlack);
    const auto stopping = Clock::now();
    peers.set.Stop();
    EXPECT_LT(Clock::now() - stopping, 1s);
}

TEST_F(PeerSetTest, D10_7_NoMoreAttemptsAtATimeThanAllowed) {
    std::atomic<int> now{0}, most{0};
    std::deque<StagedPeer> silent;
    std::vector<std::string> addresses;
    for (int i = 0; i < 30; ++i) {
        silent.emplace_back([&](Connection& c) {
            const int open = ++now;
            int seen = most;
            while (open > seen && !most.compare_exchange_weak(seen, open)) {
            }
            c.ReadToTheEnd();
            --now;
        });
        addresses.push_back(silent.back().Address());
    }
    auto options = QuickOptions(addresses);
    options.handshake_timeout = 400ms;
    options.attempts_max = 10;
    WatchedPeers peers(options);
    const auto ended = [&] {
        std::uint64_t count = 0;
        for (const auto& status : peers.set.Status()) count += status.handshake_failures;
        return count;
    };
    const auto patience = Clock::now() + 10s;
    while (ended() < 30 && Clock::now() < patience) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(ended(), 30U);
    // The staged side may see an end a moment after the next beginning.
    EXPECT_GE(most, 9);
    EXPECT_LE(most, 20);
}

TEST_F(PeerSetTest, D10_7_TriesAgainLaterEachTime) {
    std::mutex mutex;
    std::vector<Clock::time_point> tries;
    StagedPeer staged([&](Connection& c) {
        {
            std::lock_guard lock(mutex);
            tries.push_back(Clock::now());
        }
        if (c.Number() == 6) Serve(c);
    });
    auto options = QuickOptions({staged.Address()});
    options.first_retry = 40ms;
    options.last_retry = 160ms;
    WatchedPeers peers(options);
    EXPECT_TRUE(AskHeaders(*peers.WaitReady(), {Regtest().genesis}));
    std::lock_guard lock(mutex);
    ASSERT_EQ(tries.size(), 6U);
    const std::chrono::milliseconds waits[] = {40ms, 80ms, 160ms, 160ms, 160ms};
    for (std::size_t i = 0; i < 5; ++i) EXPECT_GE(tries[i + 1] - tries[i], waits[i] - 5ms) << i;
    EXPECT_EQ(peers.set.Status()[0].handshake_failures, 5U);
    EXPECT_EQ(peers.set.Status()[0].connects, 1U);
}

// Peers of other networks.

/// As a node does: says nothing to who speaks with another magic, and hangs up.
void ServeNetwork(const index::Coin& network, StagedPeer::Connection& c) {
    const auto first = c.ReadRaw(kMessageHeadBytes);
    if (!first || !std::equal(std::begin(network.magic), std::end(network.magic), first->begin()))
        return;
    c.Send(WriteMessage(network, Command::version, WriteVersion(GoodVersion())));
    c.Send(WriteMessage(network, Command::verack, {}));
    c.ReadToTheEnd();
}

TEST_F(PeerSetTest, AMuteNodeOfAnotherNetworkIsNamedAndLeftAloneForLong) {
    const index::Coin& signet = *index::FindCoin("bitcoin", "signet");
    StagedPeer staged([&](Connection& c) { ServeNetwork(signet, c); });
    auto options = QuickOptions({staged.Address()});
    options.find_network = true;
    options.first_retry = options.last_retry = 1ms;
    WatchedPeers peers(options);
    const auto status = peers.WaitEnds(2);  // the first was mute
    const std::string wanted =
        "peer " + staged.Address() + ": it is a node of bitcoin signet, not of bitcoin regtest";
    EXPECT_EQ(status.last_error, wanted);
    EXPECT_EQ(status.ends.at(Kind::wrong_network), 1U);
    const int connections = staged.Connections();
    EXPECT_LE(connections, static_cast<int>(index::Coins().size()));
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(staged.Connections(), connections);
    EXPECT_EQ(peers.CountReady(), 0U);
    EXPECT_EQ(peers.CountGone(), 0U);
}

TEST_F(PeerSetTest, APeerThatIsMuteToAllNetworksIsTriedInEachOnceOnly) {
    const int each = static_cast<int>(index::Coins().size());
    StagedPeer staged([&](Connection& c) {
        if (c.Number() >= each + 3) Serve(c);
    });
    auto options = QuickOptions({staged.Address()});
    options.find_network = true;
    options.first_retry = options.last_retry = 1ms;
    WatchedPeers peers(options);
    EXPECT_TRUE(AskHeaders(*peers.WaitReady(), {Regtest().genesis}));
    const auto status = peers.set.Status()[0];
    EXPECT_EQ(staged.Connections(), each + 3);
    EXPECT_NE(status.last_error.find("is it on another network, or full?"), std::string::npos)
        << status.last_error;
    EXPECT_FALSE(status.ends.contains(Kind::wrong_network));
}

TEST_F(PeerSetTest, APeerOfTheWrongNetworkIsTriedAgainAfterThePauseForSuch) {
    StagedPeer staged([&](Connection& c) {
        if (c.Number() > 1) return Serve(c);
        c.Send(WriteMessage(*index::FindCoin("bitcoin", "testnet"), Command::version,
                            WriteVersion(GoodVersion())));
        c.ReadToTheEnd();
    });
    auto options = QuickOptions({staged.Address()});
    options.wrong_network_retry = 150ms;
    const auto began = Clock::now();
    WatchedPeers peers(options);
    peers.WaitReady();
    EXPECT_GE(Clock::now() - began, 150ms);
    EXPECT_EQ(peers.set.Status()[0].ends.at(Kind::wrong_network), 1U);
}

TEST_F(PeerSetTest, APeerWhoseChainBeginsElsewhereIsOfAnotherNetwork) {
    // The first header follows another genesis block, whatever the locator.
    const auto serve = [&](Connection& c, const BlockHash& begin) {
        if (!c.ShakeHands() || !c.ReadUntil(Command::getheaders)) return;
        Bytes payload{1};
        payload.insert(payload.end(), chain_[1].begin(), chain_[1].begin() + 80);
        std::copy(begin.bytes.begin(), begin.bytes.end(), payload.begin() + 1 + 4);
        payload.push_back(0);
        c.Send(Command::headers, payload);
        c.ReadToTheEnd();
    };
    BlockHash unknown{};
    unknown.bytes[0] = 7;
    const index::Coin& testnet = *index::FindCoin("bitcoin", "testnet");
    const std::pair<BlockHash, std::string> cases[] = {
        {testnet.genesis, "it is a node of bitcoin testnet, not of bitcoin regtest"},
        {unknown, "a chain that begins with " + ToDisplayHex(unknown)}};
    for (const auto& [begin, wanted] : cases) {
        StagedPeer staged([&, from = begin](Connection& c) { serve(c, from); });
        auto options = QuickOptions({staged.Address()});
        options.request_timeout = 200ms;
        WatchedPeers peers(options);
        const auto answer = AskHeaders(*peers.WaitReady(), {Regtest().genesis});
        ASSERT_TRUE(answer.has_error());
        EXPECT_EQ(answer.error().kind, Kind::wrong_network);
        EXPECT_NE(answer.error().message.find(wanted), std::string::npos) << answer.error().message;
        EXPECT_NE(answer.error().message.find(ToDisplayHex(Regtest().genesis)), std::string::npos);
    }
}

// What is counted (D10_12).

TEST_F(PeerSetTest, D10_12_CountsByCommandAndReason) {
    WatchedPeers peers(QuickOptions({good_.Address()}));
    const auto peer = peers.WaitReady();
    EXPECT_TRUE(peers.set.Status()[0].ready);
    ASSERT_TRUE(AskHeaders(*peer, {Regtest().genesis}));
    ASSERT_TRUE(AskBlocks(*peer, {hashes_[1], hashes_[2]}));
    ASSERT_FALSE(AskBlocks(*peer, {BlockHash{}}));
    peer->Drop({Kind::malformed, "a test"});
    peers.WaitGone();
    auto status = peers.set.Status()[0];
    EXPECT_EQ(status.label, good_.Address());
    EXPECT_EQ(status.messages_in["headers"], 1U);
    EXPECT_EQ(status.messages_in["block"], 2U);
    EXPECT_EQ(status.messages_in["notfound"], 1U);
    EXPECT_EQ(status.messages_out["getdata"], 2U);
    EXPECT_EQ(status.messages_out["version"], 1U);
    EXPECT_GT(status.bytes_in, chain_[1].size() + chain_[2].size());
    EXPECT_GT(status.bytes_out, 100U);
    EXPECT_EQ(status.requests, 3U);
    EXPECT_EQ(status.failures, 1U);
    EXPECT_EQ(status.connects, 1U);
    EXPECT_EQ(status.ends[Kind::malformed], 1U);
    // All have left.
    EXPECT_FALSE(status.ready);
    EXPECT_EQ(status.waiting, 0U);
}

// Exceptions (D10_13).

TEST_F(PeerSetTest, D10_13_AHandlerThatThrowsEndsItsConnectionOnly) {
    StagedPeer other([this](Connection& connection) { Serve(connection); });
    WatchedPeers peers(QuickOptions({good_.Address(), other.Address()}));
    auto victim = peers.WaitReady(), bystander = peers.WaitReady();
    std::promise<PeerError> next;
    victim->GetHeaders({Regtest().genesis}, [](auto) { throw std::runtime_error("a test"); });
    victim->GetHeaders({Regtest().genesis}, [&](auto result) {
        if (result.has_error()) next.set_value(result.error());
    });
    const PeerError gone = peers.WaitGone();
    EXPECT_NE(gone.message.find("a handler failed: a test"), std::string::npos) << gone.message;
    EXPECT_EQ(next.get_future().get().message, gone.message);
    EXPECT_TRUE(AskHeaders(*bystander, {Regtest().genesis}));
    std::promise<void> ran;
    peers.set.After(0ms, [] { throw std::runtime_error("a test"); });
    peers.set.After(1ms, [&] { ran.set_value(); });
    EXPECT_EQ(ran.get_future().wait_for(5s), std::future_status::ready);
}

TEST_F(PeerSetTest, D10_13_AnOwnerThatThrowsIsNoTroubleForTheThread) {
    WatchedPeers peers(QuickOptions({good_.Address()}),
                       [](Peer&) { throw std::runtime_error("a test"); });
    const auto peer = peers.WaitReady();
    EXPECT_NE(peers.WaitGone().message.find("a handler failed"), std::string::npos);
    EXPECT_FALSE(AskHeaders(*peer, {Regtest().genesis}));
}

TEST_F(PeerSetTest, AnAddressCountsOnceAndMustBeOne) {
    WatchedPeers peers(QuickOptions({good_.Address(), good_.Address()}));
    peers.WaitReady();
    EXPECT_EQ(peers.set.Status().size(), 1U);
    EXPECT_THROW(PeerSet(Regtest(), QuickOptions({"127.0.0.1:x"})), std::invalid_argument);
    PeerSet defaults(Regtest(), QuickOptions({"node.example"}));
    EXPECT_EQ(defaults.Status()[0].label, "node.example:18444");
}

}  // namespace
}  // namespace amber::daemon_client
