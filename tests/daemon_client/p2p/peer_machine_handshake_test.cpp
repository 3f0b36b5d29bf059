// D10_n names check n of the acceptance checks for peer connections.
#include <gtest/gtest.h>

#include "tests/daemon_client/p2p/machine_fixture.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::Bytes;
using Kind = PeerError::Kind;

using MachineHandshakeTest = MachineTest;

TEST_F(MachineHandshakeTest, D10_6_ShakesHands) {
    EXPECT_TRUE(peer_.TakeSent().empty()) << "before it is connected";
    peer_.Connect();
    const Message version = LastSent();
    ASSERT_EQ(version.command, Command::version);
    const auto ours = ReadVersion(version.payload);
    EXPECT_EQ(ours->protocol, 70016U);
    EXPECT_EQ(ours->services, 0U);
    EXPECT_EQ(ours->time, 1'700'000'100) << "to five minutes";
    EXPECT_TRUE(ours->user_agent.starts_with("/Amber:")) << ours->user_agent;
    EXPECT_EQ(version.payload.back(), 0) << "relay no transactions";

    peer_.Receive(Command::version, WriteVersion(GoodVersion()));
    EXPECT_EQ(LastSent().command, Command::verack);
    EXPECT_EQ(peer_.times_ready, 0);
    peer_.Receive(Command::other);  // sendaddrv2 and the like
    peer_.Receive(Command::verack);
    EXPECT_EQ(peer_.times_ready, 1);
    const Peer::Facts& facts = peer_.Machine().GetFacts();
    EXPECT_EQ(facts.user_agent, "/Staged:1.0/");
    EXPECT_EQ(facts.protocol_version, 70016U);
    EXPECT_EQ(facts.start_height, 120U);
    EXPECT_EQ(facts.services, kNodeNetwork | kNodeWitness);
}

TEST_F(MachineHandshakeTest, D10_6_EveryStepOfTheHandshakeIsUnderOneTimeLimit) {
    for (int steps = 0; steps < 3; ++steps) {
        DrivenMachine peer;
        peer.Advance(1s);
        if (steps > 0) peer.Connect();
        peer.Advance(1s);
        if (steps > 1) peer.Receive(Command::version, WriteVersion(GoodVersion()));
        peer.Advance(999ms);
        EXPECT_FALSE(peer.Machine().Error()) << steps;
        peer.Advance(1ms);
        ASSERT_TRUE(peer.Machine().Error()) << steps;
        EXPECT_EQ(peer.Machine().Error()->kind, Kind::timeout);
        EXPECT_NE(peer.Machine().Error()->message.find(steps == 0 ? "cannot connect"
                                                                  : "no whole handshake"),
                  std::string::npos);
        EXPECT_EQ(peer.times_ready, 0);
    }
}

TEST_F(MachineHandshakeTest, D10_6_RefusesWhoCannotServeUs) {
    VersionPayload old = GoodVersion();
    old.protocol = 70011;
    VersionPayload pruned = GoodVersion();
    pruned.services = kNodeWitness | 1024;
    for (const auto& version : {old, pruned}) {
        DrivenMachine peer;
        peer.Connect();
        peer.TakeSent();
        peer.Receive(Command::version, WriteVersion(version));
        ASSERT_TRUE(peer.Machine().Error());
        EXPECT_EQ(peer.Machine().Error()->kind, Kind::unsuitable);
        EXPECT_TRUE(peer.TakeSent().empty());
    }
}

TEST_F(MachineHandshakeTest, D10_6_KnowsItself) {
    peer_.Connect();
    VersionPayload echo = GoodVersion();
    echo.nonce = peer_.OurNonce();
    peer_.Receive(Command::version, WriteVersion(echo));
    EXPECT_EQ(Error().kind, Kind::self);
}

TEST(NonceSet, KeepsTheLatest) {
    NonceSet nonces(3);
    std::vector<std::uint64_t> drawn;
    for (int i = 0; i < 5; ++i) drawn.push_back(nonces.Draw());
    for (int i = 0; i < 5; ++i) EXPECT_EQ(nonces.Contains(drawn[i]), i >= 2) << i;
    EXPECT_TRUE(nonces.Contains(drawn[4])) << "also when asked again";
}

TEST_F(MachineHandshakeTest, D10_6_ASecondVersionOrVerackEndsIt) {
    for (const Command command : {Command::version, Command::verack}) {
        DrivenMachine peer;
        peer.ShakeHands();
        peer.Receive(command, command == Command::version ? WriteVersion(GoodVersion()) : Bytes());
        ASSERT_TRUE(peer.Machine().Error());
        EXPECT_EQ(peer.Machine().Error()->kind, Kind::malformed);
    }
    DrivenMachine early;
    early.Connect();
    early.Receive(Command::version, WriteVersion(GoodVersion()));
    early.Receive(Command::version, WriteVersion(GoodVersion()));
    ASSERT_TRUE(early.Machine().Error());
}

TEST_F(MachineHandshakeTest, D10_6_WhatComesBeforeTheVersionIsIgnored) {
    peer_.Connect();
    peer_.TakeSent();
    peer_.Receive(Command::verack);
    peer_.Receive(Command::ping, WriteNonce(1));
    peer_.Receive(Command::headers, Headers(1, 3));
    Announce(hashes_[3]);
    EXPECT_TRUE(peer_.TakeSent().empty());
    EXPECT_TRUE(peer_.announced.empty());
    EXPECT_FALSE(peer_.Machine().Error());
    peer_.Receive(Command::version, WriteVersion(GoodVersion()));
    EXPECT_EQ(peer_.times_ready, 0) << "the first verack did not count";
    peer_.Receive(Command::verack);
    EXPECT_EQ(peer_.times_ready, 1);
}

TEST_F(MachineHandshakeTest, AUserAgentIsFitForALog) {
    peer_.Connect();
    VersionPayload version = GoodVersion();
    version.user_agent = "/a\x1b[31m\n!\xff/";
    peer_.Receive(Command::version, WriteVersion(version));
    EXPECT_EQ(peer_.Machine().GetFacts().user_agent, "/a?[31m?!?/");
}

}  // namespace
}  // namespace amber::daemon_client
