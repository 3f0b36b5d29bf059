// D10_n names check n of the acceptance checks for peer connections.
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "tests/daemon_client/p2p/served_chain_fixture.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::BlockHash;
using index::Bytes;

using PeerRequestsTest = ServedChainTest;

TEST_F(PeerRequestsTest, AsksForHeadersAndBlocks) {
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

TEST_F(PeerRequestsTest, D10_1_EveryRequestGetsTheFirstError) {
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

TEST_F(PeerRequestsTest, D10_1_AStalledRequestFailsAloneAndInTime) {
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

TEST_F(PeerRequestsTest, D10_5_GathersBlocksAmongOtherMessages) {
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

TEST_F(PeerRequestsTest, LargeBlocksComeWhole) {
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

TEST_F(PeerRequestsTest, D10_4_NoPongEndsIt) {
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

TEST_F(PeerRequestsTest, D10_11_AFloodDoesNotDelayOthers) {
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

TEST_F(PeerRequestsTest, D10_11_WhoDoesNotReadIsDropped) {
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

TEST_F(PeerRequestsTest, D10_11_OverloadShowsInItsAnswers) {
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

TEST_F(PeerRequestsTest, DropEndsItWithTheReasonGiven) {
    WatchedPeers peers(QuickOptions({good_.Address()}));
    const auto peer = peers.WaitReady();
    peer->Drop({Kind::malformed, "it lied"});
    peer->Drop({Kind::malformed, "again"});
    const PeerError gone = peers.WaitGone();
    EXPECT_EQ(gone.message, "peer " + good_.Address() + ": it lied");
    EXPECT_EQ(AskHeaders(*peer, {Regtest().genesis}).error().message, gone.message);
}

}  // namespace
}  // namespace amber::daemon_client
