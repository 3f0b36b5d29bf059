// Connections over real sockets. D10_n names check n of the acceptance checks for peer connections.
#include "daemon_client/p2p/peer_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <thread>

#include "daemon_client/p2p/payload.h"
#include "tests/daemon_client/p2p/driven_machine.h"
#include "tests/daemon_client/p2p/staged_peer.h"
#include "tests/daemon_client/p2p/watched_peers.h"
#include "tests/daemon_client/regtest.h"
#include "tests/support/bitcoind.h"
#include "tests/support/fake_node.h"
#include "tests/support/sanitized.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::BlockHash;
using index::Bytes;
using Kind = PeerError::Kind;
using Clock = std::chrono::steady_clock;
using Connection = StagedPeer::Connection;

/// What a handshake over a real socket may take here at most, other than the limits.
constexpr auto kSlack = kSanitized ? 3000ms : 1000ms;

std::size_t OpenFiles() {
    const auto files = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::size_t Threads() {
    const auto threads = std::filesystem::directory_iterator("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(threads), end(threads)));
}

class PeerSetTest : public ::testing::Test {
protected:
    PeerSetTest() {
        for (const Bytes& block : chain_) hashes_.push_back(test::HashOfBlock(block));
    }
    /// A peer that serves the chain, as a node does.
    void Serve(Connection& connection) const {
        if (!connection.ShakeHands()) return;
        while (const auto asked = connection.Read()) {
            if (asked->command == "getheaders") SendHeaders(connection);
            if (asked->command == "getdata") SendBlocks(connection, asked->payload);
            if (asked->command == "ping") connection.Send(Command::pong, asked->payload);
        }
    }
    void SendHeaders(Connection& connection) const {
        Bytes payload{static_cast<std::uint8_t>(chain_.size() - 1)};
        for (std::size_t i = 1; i < chain_.size(); ++i) {
            payload.insert(payload.end(), chain_[i].begin(), chain_[i].begin() + 80);
            payload.push_back(0);
        }
        connection.Send(Command::headers, payload);
    }
    void SendBlocks(Connection& connection, const Bytes& getdata) const {
        const auto items = ReadInventory(getdata);
        for (const InventoryItem& item : *items) {
            const auto found = std::ranges::find(hashes_, item.hash);
            if (found == hashes_.end())
                connection.Send(Command::notfound, WriteInventory({item}));
            else
                connection.Send(Command::block, chain_[found - hashes_.begin()]);
        }
    }
    static PeerSetOptions ImpatientOptions(std::vector<std::string> addresses) {
        PeerSetOptions options = QuickOptions(std::move(addresses));
        options.handshake_timeout = 500ms;
        return options;
    }
    /// How an attempt ended to connect to who behaves so.
    PeerSet::PeerStatus HowItEnds(StagedPeer::Script script) {
        StagedPeer staged(std::move(script));
        WatchedPeers peers(ImpatientOptions({staged.Address()}));
        const auto status = peers.WaitEnds(1);
        EXPECT_EQ(peers.CountReady(), 0U);
        EXPECT_EQ(peers.CountGone(), 0U) << "it never was ready";
        EXPECT_EQ(status.handshake_failures, 1U);
        EXPECT_NE(status.last_error.find(staged.Address()), std::string::npos);
        return status;
    }
    void ExpectEnds(Kind kind, StagedPeer::Script script) {
        const auto began = Clock::now();
        const auto status = HowItEnds(std::move(script));
        EXPECT_EQ(status.ends.count(kind), 1U) << status.last_error;
        EXPECT_LT(Clock::now() - began, 500ms + kSlack);
    }

    const std::vector<Bytes> chain_ = test::MakeChain(20);
    std::vector<BlockHash> hashes_;
    StagedPeer good_{[this](Connection& connection) { Serve(connection); }};
};

TEST_F(PeerSetTest, AsksForHeadersAndBlocks) {
    WatchedPeers peers(QuickOptions({good_.Address()}));
    const auto peer = peers.WaitReady();
    EXPECT_EQ(peer->GetFacts().label, good_.Address());
    const auto headers = AskHeaders(*peer, {Regtest().genesis});
    ASSERT_TRUE(headers.has_value());
    EXPECT_EQ(headers->size(), 19U);
    const auto blocks = AskBlocks(*peer, {hashes_[3], BlockHash{}, hashes_[4]});
    ASSERT_TRUE(blocks.has_value());
    EXPECT_EQ(blocks->raw, (std::vector<Bytes>{chain_[3], chain_[4]}));
    EXPECT_EQ(blocks->missing, std::vector<BlockHash>{BlockHash{}});
    EXPECT_EQ(AskBlocks(*peer, {BlockHash{}}).error().kind, Kind::missing);
}

// The handshake (D10_6).

TEST_F(PeerSetTest, D10_6_ASilentPeerEndsInTime) {
    ExpectEnds(Kind::timeout, [](Connection& c) { c.ReadToTheEnd(); });
    BlackHole hole;
    WatchedPeers peers(ImpatientOptions({hole.Address()}));
    const auto status = peers.WaitEnds(1);
    EXPECT_EQ(status.ends.count(Kind::timeout), 1U) << status.last_error;
    EXPECT_NE(status.last_error.find("cannot connect within 500 ms"), std::string::npos);
}

TEST_F(PeerSetTest, D10_6_OneByteAtATimeEndsInTime) {
    ExpectEnds(Kind::timeout, [](Connection& c) {
        for (const std::uint8_t byte :
             WriteMessage(Regtest(), Command::version, WriteVersion(GoodVersion())))
            if (!c.Send({&byte, 1}) || !c.Pause(50ms)) return;
    });
}

TEST_F(PeerSetTest, D10_6_AnotherNetworkIsNamed) {
    const auto status = HowItEnds([](Connection& c) {
        const auto& signet = *index::FindCoin("bitcoin", "signet");
        c.Send(WriteMessage(signet, Command::version, WriteVersion(GoodVersion())));
        c.ReadToTheEnd();
    });
    EXPECT_EQ(status.ends.count(Kind::wrong_network), 1U) << status.last_error;
    EXPECT_NE(status.last_error.find("signet"), std::string::npos);
}

TEST_F(PeerSetTest, D10_6_EachUnfitPeerEndsWithItsReason) {
    const auto says = [](VersionPayload version) {
        return [version](Connection& c) {
            c.Send(Command::version, WriteVersion(version));
            c.ReadToTheEnd();
        };
    };
    VersionPayload version = GoodVersion();
    version.protocol = 70001;
    ExpectEnds(Kind::unsuitable, says(version));
    version = GoodVersion();
    version.services = 1024;
    ExpectEnds(Kind::unsuitable, says(version));
    ExpectEnds(Kind::timeout, says(GoodVersion()));  // and never a verack
    ExpectEnds(Kind::malformed, [](Connection& c) {
        c.Send(Command::version, WriteVersion(GoodVersion()));
        c.Send(Command::version, WriteVersion(GoodVersion()));
        c.ReadToTheEnd();
    });
    ExpectEnds(Kind::self, [](Connection& c) {
        const auto heard = c.ReadUntil(Command::version);
        VersionPayload echo = *ReadVersion(heard->payload);
        echo.services = kNodeNetwork;
        c.Send(Command::version, WriteVersion(echo));
        c.ReadToTheEnd();
    });
    ExpectEnds(Kind::malformed, [](Connection& c) {
        const std::string_view http = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
        c.Send({reinterpret_cast<const std::uint8_t*>(http.data()), http.size()});
        c.ReadToTheEnd();
    });
}

TEST_F(PeerSetTest, D10_6_HangingUpAtEveryStepEndsIt) {
    ExpectEnds(Kind::closed, [](Connection&) {});
    ExpectEnds(Kind::closed, [](Connection& c) { c.Read(); });
    ExpectEnds(Kind::closed, [](Connection& c) {
        const Bytes version =
            WriteMessage(Regtest(), Command::version, WriteVersion(GoodVersion()));
        c.Send(index::ByteView(version).first(30));
    });
    ExpectEnds(Kind::closed, [](Connection& c) {
        c.Read();
        c.Send(Command::version, WriteVersion(GoodVersion()));
    });
    ExpectEnds(Kind::closed, [](Connection& c) {
        c.Read();
        c.Send(Command::version, WriteVersion(GoodVersion()));
        c.ReadUntil(Command::verack);
    });
    WatchedPeers peers(QuickOptions({"127.0.0.1:" + std::to_string(test::UnusedPort())}));
    EXPECT_EQ(peers.WaitEnds(1).ends.count(Kind::unreachable), 1U);
}

TEST_F(PeerSetTest, AHostWithoutAnAddressIsUnreachable) {
    // No name server is asked for a name that cannot be one.
    WatchedPeers peers(QuickOptions({std::string(70, 'x') + ":1"}));
    EXPECT_EQ(peers.WaitEnds(1).ends.count(Kind::unreachable), 1U);
    WatchedPeers local(QuickOptions({"localhost:" + good_.Address().substr(10)}));
    EXPECT_TRUE(AskHeaders(*local.WaitReady(), {Regtest().genesis}).has_value());
}

// Trouble after it (D10_1, D10_5, D10_11).

TEST_F(PeerSetTest, D10_1_EveryRequestGetsTheFirstError) {
    const std::pair<Kind, StagedPeer::Script> ends[] = {
        {Kind::closed, [](Connection& c) { c.ShakeHands() && c.ReadUntil(Command::getdata); }},
        {Kind::malformed,
         [](Connection& c) {
             c.ShakeHands() && c.ReadUntil(Command::getdata) && c.Send(Bytes(100, 'x'));
             c.ReadToTheEnd();
         }},
        {Kind::malformed,
         [](Connection& c) {
             c.ShakeHands();
             c.ReadUntil(Command::getdata);
             Bytes head = WriteMessage(Regtest(), Command::block, {});
             head[19] = 0x01;  // 16 MB
             c.Send(head);
             c.ReadToTheEnd();
         }},
    };
    for (const auto& [kind, script] : ends) {
        StagedPeer staged(script);
        WatchedPeers peers(QuickOptions({staged.Address()}));
        const auto peer = peers.WaitReady();
        std::vector<std::promise<std::string>> promises(5);
        for (auto& promise : promises)
            peer->GetBlocks({hashes_[1]},
                            [&](auto result) { promise.set_value(result.error().message); });
        const PeerError gone = peers.WaitGone();
        EXPECT_EQ(gone.kind, kind) << gone.message;
        for (auto& promise : promises) EXPECT_EQ(promise.get_future().get(), gone.message);
        EXPECT_EQ(AskHeaders(*peer, {hashes_[1]}).error().message, gone.message);
    }
}

TEST_F(PeerSetTest, D10_1_AStalledRequestFailsAloneAndInTime) {
    StagedPeer staged([this](Connection& c) {
        c.ShakeHands();
        c.ReadUntil(Command::getdata);
        Bytes block = WriteMessage(Regtest(), Command::block, chain_[1]);
        c.Send(index::ByteView(block).first(40));
        c.ReadUntil(Command::getdata);  // only now the rest
        c.Send(index::ByteView(block).subspan(40));
        c.Send(Command::block, chain_[2]);
        c.ReadToTheEnd();
    });
    auto options = QuickOptions({staged.Address()});
    options.request_timeout = 600ms;
    WatchedPeers peers(options);
    const auto peer = peers.WaitReady();
    const auto began = Clock::now();
    const auto stalled = AskBlocks(*peer, {hashes_[1]});
    EXPECT_EQ(stalled.error().kind, Kind::timeout);
    EXPECT_GE(Clock::now() - began, 600ms);
    EXPECT_LT(Clock::now() - began, 600ms + kSlack);
    EXPECT_EQ(AskBlocks(*peer, {hashes_[2]})->raw, std::vector<Bytes>{chain_[2]});
}

TEST_F(PeerSetTest, D10_5_GathersBlocksAmongOtherMessages) {
    StagedPeer staged([this](Connection& c) {
        c.ShakeHands();
        c.ReadUntil(Command::getdata);
        c.Send(Command::block, chain_[9]);  // unsolicited
        c.Send(Command::block, chain_[2]);
        c.Send(Command::ping, WriteNonce(1));
        c.Send(Command::block, chain_[2]);  // a duplicate
        c.Send(Command::inv, WriteInventory({{InventoryItem::kBlock, hashes_[5]}}));
        c.Send(Command::notfound, WriteInventory({{InventoryItem::kBlock, hashes_[3]}}));
        c.Send(Command::block, chain_[1]);
        c.ReadToTheEnd();
    });
    WatchedPeers peers(QuickOptions({staged.Address()}));
    const auto blocks = AskBlocks(*peers.WaitReady(), {hashes_[1], hashes_[2], hashes_[3]});
    ASSERT_TRUE(blocks.has_value()) << blocks.error().message;
    EXPECT_EQ(blocks->raw, (std::vector<Bytes>{chain_[2], chain_[1]}));
    EXPECT_EQ(blocks->missing, std::vector<BlockHash>{hashes_[3]});
    EXPECT_EQ(peers.WaitAnnounced(1), std::vector<BlockHash>{hashes_[5]});
}

TEST_F(PeerSetTest, LargeBlocksComeWhole) {
    Bytes large = chain_[1];
    large.resize(3'999'999, 7);
    StagedPeer staged([&](Connection& c) {
        c.ShakeHands();
        c.ReadUntil(Command::getdata);
        c.Send(Command::block, large);
        c.Send(Command::block, chain_[2]);
        c.ReadToTheEnd();
    });
    WatchedPeers peers(QuickOptions({staged.Address()}));
    const auto blocks = AskBlocks(*peers.WaitReady(), {hashes_[1], hashes_[2]});
    ASSERT_TRUE(blocks.has_value());
    EXPECT_TRUE(blocks->raw == (std::vector<Bytes>{large, chain_[2]}));
}

TEST_F(PeerSetTest, D10_4_NoPongEndsIt) {
    StagedPeer staged([](Connection& c) {
        c.ShakeHands();
        c.ReadToTheEnd();
    });
    auto options = QuickOptions({staged.Address()});
    options.heartbeat = 200ms;
    WatchedPeers peers(options);
    peers.WaitReady();
    const auto began = Clock::now();
    EXPECT_EQ(peers.WaitGone().kind, Kind::timeout);
    EXPECT_GE(Clock::now() - began, 350ms);
    EXPECT_LT(Clock::now() - began, 400ms + kSlack);
}

TEST_F(PeerSetTest, D10_11_AFloodDoesNotDelayOthers) {
    StagedPeer flood([this](Connection& c) {
        c.ShakeHands();
        Bytes messages;
        for (int i = 0; i < 500; ++i) {
            const Bytes block = WriteMessage(Regtest(), Command::block, chain_[1]);
            messages.insert(messages.end(), block.begin(), block.end());
        }
        while (c.Send(messages)) {
        }
    });
    WatchedPeers peers(QuickOptions({flood.Address(), good_.Address()}));
    auto peer = peers.WaitReady();
    if (peer->GetFacts().label == flood.Address()) peer = peers.WaitReady();
    const auto end = Clock::now() + 10s;
    int asked = 0;
    for (std::uint64_t flooded = 0; (asked < 50 || flooded < 10'000) && Clock::now() < end;
         ++asked) {
        const auto began = Clock::now();
        ASSERT_TRUE(AskHeaders(*peer, {Regtest().genesis}).has_value());
        EXPECT_LT(Clock::now() - began, kSlack);
        flooded = peers.set.Status()[0].messages_in["block"];
    }
    EXPECT_GE(asked, 50);
    EXPECT_GE(peers.set.Status()[0].messages_in["block"], 10'000U);
}

TEST_F(PeerSetTest, D10_11_WhoDoesNotReadIsDropped) {
    StagedPeer staged([](Connection& c) {
        c.ShakeHands();
        Bytes pings;
        for (std::uint64_t i = 0; i < 1000; ++i) {
            const Bytes ping = WriteMessage(Regtest(), Command::ping, WriteNonce(i));
            pings.insert(pings.end(), ping.begin(), ping.end());
        }
        while (c.Send(pings)) {
        }
    });
    WatchedPeers peers(QuickOptions({staged.Address()}));
    peers.WaitReady();
    const PeerError gone = peers.WaitGone();
    EXPECT_NE(gone.message.find("it does not read"), std::string::npos) << gone.message;
}

TEST_F(PeerSetTest, D10_11_OverloadShowsInItsAnswers) {
    StagedPeer staged([](Connection& c) {
        c.ShakeHands();
        c.ReadToTheEnd();
    });
    WatchedPeers peers(QuickOptions({staged.Address()}));
    const auto peer = peers.WaitReady();
    std::atomic<int> answered{0}, overloaded{0};
    for (int i = 0; i < 500; ++i)
        peer->GetHeaders({Regtest().genesis}, [&](const auto& result) {
            overloaded += result.error().kind == Kind::overloaded;
            ++answered;
        });
    EXPECT_EQ(AskHeaders(*peer, std::vector<BlockHash>(102)).error().kind, Kind::overloaded);
    EXPECT_EQ(AskBlocks(*peer, std::vector<BlockHash>(50'001)).error().kind, Kind::overloaded);
    peers.set.Stop();
    EXPECT_EQ(answered, 500);
    EXPECT_GE(overloaded, 500 - 2 * 65);
    EXPECT_LT(overloaded, 500);
}

TEST_F(PeerSetTest, DropEndsItWithTheReasonGiven) {
    WatchedPeers peers(QuickOptions({good_.Address()}));
    const auto peer = peers.WaitReady();
    peer->Drop({Kind::malformed, "it lied"});
    peer->Drop({Kind::malformed, "again"});
    const PeerError gone = peers.WaitGone();
    EXPECT_EQ(gone.message, "peer " + good_.Address() + ": it lied");
    EXPECT_EQ(AskHeaders(*peer, {Regtest().genesis}).error().message, gone.message);
}

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
