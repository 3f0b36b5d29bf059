#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "index/chain/hex.h"
#include "tests/server/test_server.h"

namespace amber::test {
namespace {

namespace json = boost::json;

struct NotificationsTest : testing::Test {
    TestServer server;
    const ScriptHash script = MakeScript(1), other = MakeScript(2);

    void SetUp() override { server.Start(); }

    std::string StatusText(const ScriptHash& of) {
        const auto status = StatusOf(server.world.Draft().history[of]);
        return status ? '"' + index::ToHex(status->View()) + '"' : "null";
    }
    std::string StatusLine(const ScriptHash& of) {
        return R"({"jsonrpc":"2.0","method":"blockchain.scripthash.subscribe","params":[)" +
               Quoted(of) + ',' + StatusText(of) + "]}";
    }
    std::string HeaderLine() {
        const auto& headers = server.world.Draft().headers;
        return R"({"jsonrpc":"2.0","method":"blockchain.headers.subscribe","params":[{"hex":")" +
               index::ToHex(headers.back()) + R"(","height":)" +
               std::to_string(headers.size() - 1) + "}]}";
    }
    void Subscribe(TestClient& client, const ScriptHash& to) {
        EXPECT_EQ(
            json::serialize(client.Call("blockchain.scripthash.subscribe", "[" + Quoted(to) + "]")),
            StatusText(to));
    }
};

TEST_F(NotificationsTest, HeaderFirstThenScripts) {
    TestClient client = server.Connect();
    Subscribe(client, script);
    client.Call("blockchain.headers.subscribe");
    server.world.Mine();
    server.world.Add(script, MakeTxid(1), 1);
    server.Announce({script, other});
    EXPECT_EQ(client.ReadLine(), HeaderLine());
    EXPECT_EQ(client.ReadLine(), StatusLine(script));
    EXPECT_TRUE(client.IsSilent(std::chrono::milliseconds(50)));
}

TEST_F(NotificationsTest, OnlyWhatChangedAndOnlyToWhomItConcerns) {
    TestClient one = server.Connect(), two = server.Connect(), three = server.Connect();
    Subscribe(one, script);
    Subscribe(two, script);
    Subscribe(two, other);
    Subscribe(three, other);
    server.world.Add(script, MakeTxid(1), 0);
    server.Announce({script, other});
    EXPECT_EQ(one.ReadLine(), StatusLine(script));
    EXPECT_EQ(two.ReadLine(), StatusLine(script));
    server.Announce({script, other});
    EXPECT_TRUE(one.IsSilent(std::chrono::milliseconds(50)));
    EXPECT_TRUE(two.IsSilent(std::chrono::milliseconds(1)));
    EXPECT_TRUE(three.IsSilent(std::chrono::milliseconds(1)));
}

TEST_F(NotificationsTest, FromTheDiskToo) {
    server.world.Cold().percent = 100;
    TestClient client = server.Connect();
    Subscribe(client, script);
    for (unsigned n = 1; n < 20; ++n) {
        server.world.Add(script, MakeTxid(n), 0);
        server.Announce({script});
        EXPECT_EQ(client.ReadLine(), StatusLine(script));
    }
    EXPECT_GE(server.world.Cold().disk_reads, 20u);
}

TEST_F(NotificationsTest, BackToNothing) {
    server.world.Add(script, MakeTxid(1), 0);
    server.Announce({script});
    TestClient client = server.Connect();
    Subscribe(client, script);
    server.world.Draft().history.clear();
    server.Announce({script});
    EXPECT_EQ(client.ReadLine(), StatusLine(script));
}

TEST_F(NotificationsTest, Unsubscribe) {
    TestClient client = server.Connect();
    Subscribe(client, script);
    const std::string params = "[" + Quoted(script) + "]";
    EXPECT_EQ(client.Call("blockchain.scripthash.unsubscribe", params), true);
    EXPECT_EQ(client.Call("blockchain.scripthash.unsubscribe", params), false);
    server.world.Add(script, MakeTxid(1), 0);
    server.Announce({script});
    EXPECT_TRUE(client.IsSilent(std::chrono::milliseconds(50)));
    EXPECT_EQ(server.Server().Stats().subscriptions, 0u);
}

TEST_F(NotificationsTest, AClosedSessionLeavesNothingBehind) {
    {
        TestClient client = server.Connect();
        Subscribe(client, script);
        Subscribe(client, other);
        EXPECT_EQ(server.Server().Stats().subscriptions, 2u);
        EXPECT_EQ(server.Server().Sessions().at(0).subscriptions, 2u);
    }
    EXPECT_TRUE(Eventually([&] {
        const auto stats = server.Server().Stats();
        return stats.subscriptions == 0 && stats.sessions == 0 && stats.sessions_total == 1;
    }));
}

TEST_F(NotificationsTest, ManyScriptsInOneBlock) {
    TestClient client = server.Connect();
    std::vector<ScriptHash> scripts;
    for (unsigned n = 0; n < 3000; ++n) {
        scripts.push_back(MakeScript(n));
        client.SendLine(R"({"id":)" + std::to_string(n) +
                        R"(,"method":"blockchain.scripthash.subscribe","params":[)" +
                        Quoted(scripts.back()) + "]}");
    }
    for (unsigned n = 0; n < 3000; ++n) ASSERT_TRUE(client.ReadLine());
    server.world.Cold().percent = 5;
    server.world.Mine();
    for (unsigned n = 0; n < 3000; ++n) server.world.Add(scripts[n], MakeTxid(n), 1);
    server.Announce(scripts);
    std::set<std::string> wanted, got;
    for (const ScriptHash& each : scripts) wanted.insert(StatusLine(each));
    for (unsigned n = 0; n < 3000; ++n) got.insert(*client.ReadLine());
    EXPECT_EQ(got, wanted);
    EXPECT_TRUE(client.IsSilent(std::chrono::milliseconds(50)));
}

TEST_F(NotificationsTest, AnnouncementsBeforeTheStartCount) {
    TestServer late;
    late.world.Add(script, MakeTxid(1), 0);
    const auto old_view = late.world.Publish();
    late.Start();  // publishes a newer one
    TestClient client = late.Connect();
    late.world.Mine();
    late.Announce();
    EXPECT_EQ(client.Call("blockchain.headers.subscribe").at("height"), 1);
}

TEST_F(NotificationsTest, DisconnectByTheOperator) {
    TestClient client = server.Connect();
    client.Call("server.ping");
    const auto sessions = server.Server().Sessions();
    ASSERT_EQ(sessions.size(), 1u);
    EXPECT_FALSE(server.Server().Disconnect(sessions[0].id + 1));
    EXPECT_TRUE(server.Server().Disconnect(sessions[0].id));
    EXPECT_EQ(client.ReadLine(), std::nullopt);
}

}  // namespace
}  // namespace amber::test
