// D10_n names check n of the acceptance checks for peer connections.
#include "daemon_client/p2p/peer_machine.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/daemon_client/p2p/machine_fixture.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::BlockHash;
using index::Bytes;
using Kind = PeerError::Kind;
using Asked = std::shared_ptr<DrivenMachine::Asked>;

using PeerMachineTest = MachineTest;

TEST_F(PeerMachineTest, D10_5_GathersBlocksAmongOtherMessages) {
    peer_.ShakeHands();
    const auto asked = peer_.AskBlocks({hashes_[1], hashes_[2], hashes_[3]});
    const Message getdata = LastSent();
    ASSERT_EQ(getdata.command, Command::getdata);
    const auto items = ReadInventory(getdata.payload);
    ASSERT_EQ(items->size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ((*items)[i].type, 0x40000002U);
        EXPECT_EQ((*items)[i].hash, hashes_[i + 1]);
    }
    peer_.Receive(Command::block, chain_[2]);
    peer_.Receive(Command::ping, WriteNonce(5));
    EXPECT_EQ(LastSent().command, Command::pong);
    Announce(hashes_[9]);
    peer_.Receive(Command::block, chain_[7]);  // nobody asked for it
    peer_.Receive(Command::block, chain_[2]);  // nor for it twice
    peer_.Receive(Command::other);
    peer_.Receive(Command::block, chain_[1]);
    EXPECT_EQ(asked->answers, 0U);
    peer_.Receive(Command::block, chain_[3]);
    ExpectAnswer(asked, {chain_[2], chain_[1], chain_[3]});
    EXPECT_EQ(peer_.announced, std::vector<BlockHash>{hashes_[9]});
    EXPECT_FALSE(peer_.Machine().Error());
}

TEST_F(PeerMachineTest, D10_5_WhatIsNotFoundIsMissing) {
    peer_.ShakeHands();
    const auto some = peer_.AskBlocks({hashes_[1], hashes_[2], hashes_[3]});
    NotFound({hashes_[9]});
    NotFound({hashes_[3], hashes_[1]});
    EXPECT_EQ(some->answers, 0U);
    peer_.Receive(Command::block, chain_[2]);
    ExpectAnswer(some, {chain_[2]}, {hashes_[3], hashes_[1]});

    const auto none = peer_.AskBlocks({hashes_[1], hashes_[2]});
    NotFound({hashes_[1], hashes_[2]});
    ExpectError(none, Kind::missing);
    EXPECT_FALSE(peer_.Machine().Error()) << "the peer may be asked for others";
}

TEST_F(PeerMachineTest, D10_5_StaysInStepAfterARequestTimedOut) {
    peer_.ShakeHands();
    const auto first = peer_.AskBlocks({hashes_[1]});
    peer_.Advance(20s);
    ExpectError(first, Kind::timeout);
    const auto second = peer_.AskBlocks({hashes_[2]});
    peer_.Receive(Command::block, chain_[1]);
    EXPECT_EQ(second->answers, 0U);
    peer_.Receive(Command::block, chain_[2]);
    ExpectAnswer(second, {chain_[2]});
    EXPECT_EQ(first->answers, 1U);
}

TEST_F(PeerMachineTest, D10_5_LateHeadersDoNotAnswerTheNextRequest) {
    peer_.ShakeHands();
    const auto first = peer_.AskHeaders({hashes_[1]});
    peer_.Advance(20s);
    ExpectError(first, Kind::timeout);
    const auto second = peer_.AskHeaders({hashes_[5]});
    peer_.Receive(Command::headers, Headers(2, 4));
    EXPECT_EQ(second->answers, 0U);
    EXPECT_EQ(peer_.announced, (std::vector<BlockHash>{hashes_[2], hashes_[3]}));
    peer_.Receive(Command::headers, Headers(6, 9));
    EXPECT_EQ(second->got.size(), 3U);
    EXPECT_EQ(second->answers, 1U);
}

TEST_F(PeerMachineTest, GetsHeadersFromTheFork) {
    peer_.ShakeHands();
    const auto asked = peer_.AskHeaders({hashes_[6], hashes_[3]});
    const Message getheaders = LastSent();
    EXPECT_EQ(getheaders.command, Command::getheaders);
    EXPECT_EQ(getheaders.payload, WriteGetHeaders({hashes_[6], hashes_[3]}));
    peer_.Receive(Command::headers, Headers(4, 6));
    ExpectAnswer(asked, {Bytes(chain_[4].begin(), chain_[4].begin() + 80),
                         Bytes(chain_[5].begin(), chain_[5].begin() + 80)});

    const auto from_genesis = peer_.AskHeaders({hashes_[6]});
    peer_.Receive(Command::headers, Headers(1, 2));
    EXPECT_EQ(from_genesis->got.size(), 1U);
    const auto at_tip = peer_.AskHeaders({hashes_[6]});
    peer_.Receive(Command::headers, Headers(7, 7));
    ExpectAnswer(at_tip, {});
}

TEST_F(PeerMachineTest, ABlockIsAskedForOnceAndWithoutWitnessWhereThereIsNone) {
    peer_.ShakeHands(kNodeNetwork);
    const auto asked = peer_.AskBlocks({hashes_[1], hashes_[1]});
    const auto items = ReadInventory(LastSent().payload);
    ASSERT_EQ(items->size(), 1U);
    EXPECT_EQ(items->front().type, 2U);
    peer_.Receive(Command::block, chain_[1]);
    ExpectAnswer(asked, {chain_[1]});
    ExpectAnswer(peer_.AskBlocks({}), {});
    EXPECT_TRUE(peer_.TakeSent().empty());
}

TEST_F(PeerMachineTest, OneRequestAtATimeInOrder) {
    peer_.ShakeHands();
    peer_.TakeSent();
    const auto blocks = peer_.AskBlocks({hashes_[1]});
    const auto headers = peer_.AskHeaders({hashes_[1]});
    const auto more = peer_.AskBlocks({hashes_[2]});
    EXPECT_EQ(peer_.TakeSent().size(), 1U);
    peer_.Receive(Command::block, chain_[1]);
    EXPECT_EQ(LastSent().command, Command::getheaders);
    peer_.Receive(Command::headers, Headers(2, 3));
    EXPECT_EQ(LastSent().command, Command::getdata);
    peer_.Receive(Command::block, chain_[2]);
    for (const auto& asked : {blocks, headers, more}) EXPECT_EQ(asked->answers, 1U);
}

TEST_F(PeerMachineTest, TheTimeLimitBeginsAnewWithEachBlock) {
    peer_.ShakeHands();
    const auto asked = peer_.AskBlocks({hashes_[1], hashes_[2], hashes_[3]});
    peer_.Advance(19s);
    peer_.Receive(Command::block, chain_[1]);
    peer_.Advance(19s);
    NotFound({hashes_[2]});
    peer_.Advance(19s);
    peer_.Receive(Command::block, chain_[8]);  // not asked for: does not count
    EXPECT_EQ(asked->answers, 0U);
    peer_.Advance(1s);
    ExpectError(asked, Kind::timeout);
    EXPECT_FALSE(peer_.Machine().Error());
}

TEST_F(PeerMachineTest, D10_4_AFullQueueRefusesAndDoesNotEndIt) {
    peer_.ShakeHands();
    std::vector<Asked> waiting;
    for (std::size_t i = 0; i < PeerMachine::kQueueMax + 1; ++i)
        waiting.push_back(peer_.AskHeaders({hashes_[1]}));
    ExpectError(peer_.AskHeaders({hashes_[1]}), Kind::overloaded);
    for (const auto& asked : waiting) EXPECT_EQ(asked->answers, 0U);
    EXPECT_FALSE(peer_.Machine().Error());
    // The ping does not wait for its turn.
    for (int i = 0; i < 59; ++i) {
        peer_.TakeSent();
        peer_.Advance(1s);
        peer_.Receive(Command::headers, Headers(2, 3));
    }
    const auto sent = peer_.TakeSent();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].command, Command::ping);
    EXPECT_EQ(sent[1].command, Command::getheaders);
    EXPECT_EQ(waiting.back()->answers, 0U);
    EXPECT_FALSE(peer_.Machine().Error());
}

// Heartbeat (D10_4).

TEST_F(PeerMachineTest, D10_4_PingsAfterOneIntervalAndTellsTheRoundTrip) {
    peer_.ShakeHands();
    peer_.TakeSent();
    peer_.Advance(58'999ms);
    EXPECT_TRUE(peer_.TakeSent().empty()) << "not before one interval";
    peer_.Advance(1ms);
    const Message ping = LastSent();
    ASSERT_EQ(ping.command, Command::ping);
    peer_.Advance(40ms);
    peer_.Receive(Command::pong, WriteNonce(*ReadNonce(ping.payload) + 1));
    EXPECT_FALSE(peer_.round_trip) << "another nonce is ignored";
    peer_.Receive(Command::pong, ping.payload);
    EXPECT_EQ(peer_.round_trip, 40ms);
    peer_.Receive(Command::pong, ping.payload);  // twice: ignored
    peer_.Advance(58'959ms);
    EXPECT_TRUE(peer_.TakeSent().empty());
    peer_.Advance(1ms);
    const Message next = LastSent();
    EXPECT_EQ(next.command, Command::ping);
    EXPECT_NE(next.payload, ping.payload);
}

TEST_F(PeerMachineTest, D10_4_NoPongEndsIt) {
    peer_.ShakeHands();
    peer_.Advance(59s + 58'999ms);
    peer_.Receive(Command::ping, WriteNonce(3));  // no sign that it hears us
    Announce(hashes_[2]);
    EXPECT_FALSE(peer_.Machine().Error());
    peer_.Advance(1ms);
    ASSERT_TRUE(peer_.Machine().Error());
    EXPECT_EQ(Error().kind, Kind::timeout);
}

TEST_F(PeerMachineTest, D10_4_APeerThatIsBusyWithOurBlocksIsAlive) {
    peer_.ShakeHands();
    const auto asked = peer_.AskBlocks({hashes_.begin() + 1, hashes_.end()});
    for (std::size_t i = 1; i < chain_.size(); ++i) {
        peer_.Advance(15s);
        peer_.Receive(Command::block, chain_[i]);
    }
    EXPECT_EQ(asked->got.size(), 11U);
    ASSERT_FALSE(peer_.Machine().Error());
    peer_.Advance(59s);
    EXPECT_TRUE(peer_.Machine().Error()) << "but it has to answer the ping in the end";
}

// The end (D10_1).

TEST_F(PeerMachineTest, D10_1_EveryRequestGetsTheFirstError) {
    for (const Kind kind : {Kind::closed, Kind::malformed, Kind::timeout}) {
        DrivenMachine peer;
        peer.ShakeHands();
        const auto pending = peer.AskBlocks({hashes_[1], hashes_[2]});
        const auto waiting = peer.AskHeaders({hashes_[1]});
        peer.Receive(Command::block, chain_[1]);
        if (kind == Kind::closed) peer.Fail({Kind::closed, "it closed the connection"});
        if (kind == Kind::malformed) peer.Receive(Command::inv, {0xff});
        if (kind == Kind::timeout) {
            peer.Advance(58s);  // both requests time out by themselves
            peer.Advance(60s);
        }
        ASSERT_TRUE(peer.Machine().Error());
        EXPECT_EQ(peer.Machine().Error()->kind, kind);
        const std::string first = peer.Machine().Error()->message;
        peer.Fail({Kind::stopped, "later"});
        const auto after = peer.AskBlocks({hashes_[1]});
        for (const auto& asked : {pending, waiting, after}) ExpectError(asked, kind);
        EXPECT_EQ(after->error->message, first);
        if (kind != Kind::timeout) {
            EXPECT_EQ(pending->error->message, first);
            EXPECT_EQ(waiting->error->message, first);
        }
        EXPECT_EQ(peer.Machine().Deadline(), PeerMachine::Time::max());
    }
}

TEST_F(PeerMachineTest, D10_1_NothingIsSentAfterTheEnd) {
    peer_.ShakeHands();
    peer_.TakeSent();
    peer_.AskHeaders({hashes_[1]});
    peer_.TakeSent();
    peer_.Fail({Kind::closed, "it closed the connection"});
    peer_.Receive(Command::ping, WriteNonce(1));
    peer_.AskHeaders({hashes_[1]});
    peer_.Advance(200s);
    EXPECT_TRUE(peer_.TakeSent().empty());
    EXPECT_EQ(Error().message, "peer staged:1: it closed the connection");
}

TEST(Exchange, IsAnsweredEvenIfItIsDropped) {
    int answers = 0;
    MakeBlocksExchange({BlockHash{}}, [&](PeerResult<Peer::Blocks> result) {
        ++answers;
        EXPECT_EQ(result.error().kind, Kind::stopped);
    });
    EXPECT_EQ(answers, 1);
    MakeBlocksExchange({BlockHash{}}, [](const auto&) { throw std::runtime_error("x"); });
}

// What nobody asked for (D10_11).

TEST_F(PeerMachineTest, D10_11_WhatComesUnaskedIsIgnored) {
    peer_.ShakeHands();
    peer_.TakeSent();
    for (int i = 0; i < 100; ++i) {
        peer_.Receive(Command::block, chain_[1]);
        peer_.Receive(Command::pong, WriteNonce(static_cast<std::uint64_t>(i)));
        peer_.Receive(Command::getdata);
        peer_.Receive(Command::getheaders);
        peer_.Receive(Command::other);
        NotFound({hashes_[1]});
        peer_.Receive(Command::inv, WriteInventory({{1, hashes_[1]}}));  // a transaction
    }
    EXPECT_TRUE(peer_.TakeSent().empty());
    EXPECT_TRUE(peer_.announced.empty());
    EXPECT_FALSE(peer_.Machine().Error());
    const auto asked = peer_.AskBlocks({hashes_[1]});
    peer_.Receive(Command::block, chain_[1]);
    ExpectAnswer(asked, {chain_[1]});
}

TEST_F(PeerMachineTest, TellsOfNewBlocks) {
    peer_.ShakeHands();
    Announce(hashes_[4]);
    peer_.Receive(Command::headers, Headers(5, 7));
    EXPECT_EQ(peer_.announced, (std::vector<BlockHash>{hashes_[4], hashes_[5], hashes_[6]}));
}

TEST_F(PeerMachineTest, PayloadsThatAreNoneEndIt) {
    for (const Command command : {Command::ping, Command::pong, Command::inv, Command::notfound,
                                  Command::headers, Command::block}) {
        DrivenMachine peer;
        peer.ShakeHands();
        peer.Receive(command, Bytes{0x05, 0x01});
        ASSERT_TRUE(peer.Machine().Error()) << CommandName(command);
        EXPECT_EQ(peer.Machine().Error()->kind, Kind::malformed);
    }
}

}  // namespace
}  // namespace amber::daemon_client
