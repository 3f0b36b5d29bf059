// server.add_peer and server.peers.subscribe, with a directory that a test fills.
#include <gtest/gtest.h>

#include "server/peers/our_features.h"
#include "server/peers/peer_directory.h"
#include "tests/server/test_server.h"

namespace amber::test {
namespace {

class FakeDirectory final : public server::PeerDirectory {
public:
    std::shared_ptr<const Snapshot> Current() const override {
        const std::lock_guard lock(mutex_);
        return std::make_shared<const Snapshot>(snapshot_);
    }
    void Offer(server::PeerFeatures features, std::optional<boost::asio::ip::address> caller,
               Reply reply) override {
        const std::lock_guard lock(mutex_);
        offers.push_back(features.hosts.empty() ? "" : features.hosts.front().name);
        callers.push_back(caller ? caller->to_string() : "nobody");
        if (hold)
            held.push_back(std::move(reply));
        else
            reply(accept);
    }
    void List(std::string usual, std::string through_tor) {
        const std::lock_guard lock(mutex_);
        snapshot_.listing = {std::move(usual), std::move(through_tor)};
    }

    bool accept = true;
    bool hold = false;
    std::vector<std::string> offers, callers;
    std::vector<Reply> held;

private:
    mutable std::mutex mutex_;
    Snapshot snapshot_;
};

struct PeersTest : testing::Test {
    FakeDirectory peers;
    TestServer server;
    const std::string features =
        server::FeaturesText({{.name = "peer.example", .tcp_port = 1}},
                             index::FindCoin("bitcoin", "regtest")->genesis, "x", true);

    void SetUp() override {
        server.peers = &peers;
        server.options.proxies.subnets = {
            server::Subnet::Of(boost::asio::ip::make_address("127.0.0.1"), 128)};
        server.Start();
    }
    void TearDown() override { server.Stop(); }

    TestClient From(const std::string& address, bool v6 = false) {
        TestClient client = server.Connect();
        client.Send("PROXY TCP" + std::string(v6 ? "6 " : "4 ") + address + ' ' +
                    (v6 ? "::1" : "1.1.1.1") + " 4711 50001\r\n");
        return client;
    }
};

TEST_F(PeersTest, AnOfferIsDecidedElsewhere) {
    EXPECT_EQ(From("203.0.113.9").Call("server.add_peer", '[' + features + ']'), true);
    peers.accept = false;
    EXPECT_EQ(From("2001:db8::7", true).Call("server.add_peer", '[' + features + ']'), false);
    EXPECT_EQ(peers.offers, (std::vector<std::string>{"peer.example", "peer.example"}));
    EXPECT_EQ(peers.callers, (std::vector<std::string>{"203.0.113.9", "2001:db8::7"}));
}

TEST_F(PeersTest, MalformedFeaturesAreAnError) {
    TestClient client = From("203.0.113.9");
    for (const char* wrong : {"[1]", "[{}]", R"([{"genesis_hash":"00"}])", "[null]", "[[]]"})
        EXPECT_NE(
            client.Ask(R"({"id":1,"method":"server.add_peer","params":)" + std::string(wrong) + '}')
                .find(R"("error":{"code":1,)"),
            std::string::npos)
            << wrong;
    EXPECT_TRUE(peers.offers.empty());
}

TEST_F(PeersTest, AnAnswerAfterTheServerIsDropped) {
    peers.hold = true;
    TestClient client = From("203.0.113.9");
    client.SendLine(R"({"id":1,"method":"server.add_peer","params":[)" + features + "]}");
    EXPECT_EQ(client.Ask(R"({"id":2,"method":"server.ping"})"),
              R"({"jsonrpc":"2.0","id":2,"result":null})");
    server.Stop();
    ASSERT_EQ(peers.held.size(), 1U);
    peers.held.front()(true);
    EXPECT_EQ(client.ReadLine(), std::nullopt);
}

TEST_F(PeersTest, WalletsOfTorHaveAListOfTheirOwn) {
    peers.List(R"([["1.1.1.1","a.example",["v1.4","t1"]]])", "[]");
    EXPECT_EQ(From("203.0.113.9").Call("server.peers.subscribe").as_array().size(), 1U);
    EXPECT_EQ(From("fc00:dead:beef:4dad::1", true).Call("server.peers.subscribe").as_array().size(),
              0U);
}

}  // namespace
}  // namespace amber::test
