// D10_n names check n of the acceptance checks for peer connections.
#include <gtest/gtest.h>

#include "tests/daemon_client/p2p/served_chain_fixture.h"
#include "tests/support/bitcoind.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::BlockHash;
using index::Bytes;

class PeerHandshakeTest : public ServedChainTest {
protected:
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
};

TEST_F(PeerHandshakeTest, D10_6_ASilentPeerEndsInTime) {
    ExpectEnds(Kind::timeout, [](Connection& c) { c.ReadToTheEnd(); });
    BlackHole hole;
    WatchedPeers peers(ImpatientOptions({hole.Address()}));
    const auto status = peers.WaitEnds(1);
    EXPECT_EQ(status.ends.count(Kind::timeout), 1U) << status.last_error;
    EXPECT_NE(status.last_error.find("cannot connect within 500 ms"), std::string::npos);
}

TEST_F(PeerHandshakeTest, D10_6_OneByteAtATimeEndsInTime) {
    ExpectEnds(Kind::timeout, [](Connection& c) {
        for (const std::uint8_t byte :
             WriteMessage(Regtest(), Command::version, WriteVersion(GoodVersion())))
            if (!c.Send({&byte, 1}) || !c.Pause(50ms)) return;
    });
}

TEST_F(PeerHandshakeTest, D10_6_AnotherNetworkIsNamed) {
    const auto status = HowItEnds([](Connection& c) {
        const auto& signet = *index::FindCoin("bitcoin", "signet");
        c.Send(WriteMessage(signet, Command::version, WriteVersion(GoodVersion())));
        c.ReadToTheEnd();
    });
    EXPECT_EQ(status.ends.count(Kind::wrong_network), 1U) << status.last_error;
    EXPECT_NE(status.last_error.find("signet"), std::string::npos);
}

TEST_F(PeerHandshakeTest, D10_6_EachUnfitPeerEndsWithItsReason) {
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

TEST_F(PeerHandshakeTest, D10_6_HangingUpAtEveryStepEndsIt) {
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

TEST_F(PeerHandshakeTest, AHostWithoutAnAddressIsUnreachable) {
    // No name server is asked for a name that cannot be one.
    WatchedPeers peers(QuickOptions({std::string(70, 'x') + ":1"}));
    EXPECT_EQ(peers.WaitEnds(1).ends.count(Kind::unreachable), 1U);
    WatchedPeers local(QuickOptions({"localhost:" + good_.Address().substr(10)}));
    EXPECT_TRUE(AskHeaders(*local.WaitReady(), {Regtest().genesis}).has_value());
}

}  // namespace
}  // namespace amber::daemon_client
