#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "tests/server/test_server.h"

namespace amber::test {
namespace {

namespace json = boost::json;

struct BatchesTest : testing::Test {
    TestServer server;

    static std::string Item(const std::string& id, const std::string& method,
                            const std::string& params = "[]") {
        return R"({"id":)" + id + R"(,"method":")" + method + R"(","params":)" + params + '}';
    }
};

TEST_F(BatchesTest, AnswersEachItemByItself) {
    server.Start();
    TestClient client = server.Connect();
    EXPECT_EQ(
        client.Ask("[" + Item("1", "server.ping") + ",5," + Item("\"x\"", "nope") + "," +
                   R"({"method":"server.ping"},{"id":[],"method":"a"},)" +
                   Item("2", "server.banner") + "]"),
        R"([{"jsonrpc":"2.0","id":1,"result":null},)"
        R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"request is not an object"}},)"
        R"({"jsonrpc":"2.0","id":"x","error":{"code":-32601,"message":"unknown method \"nope\""}},)"
        R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"invalid request id"}},)"
        R"({"jsonrpc":"2.0","id":2,"result":""}])");
}

TEST_F(BatchesTest, EmptyAndSilentOnes) {
    server.Start();
    TestClient client = server.Connect();
    EXPECT_EQ(client.Ask("[]"),
              R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"empty batch"}})");
    client.SendLine(R"([{"method":"server.ping"},{"method":"nope"}])");
    EXPECT_EQ(client.Ask(Item("7", "server.ping")), R"({"jsonrpc":"2.0","id":7,"result":null})");
}

TEST_F(BatchesTest, MixesMemoryDiskAndNode) {
    server.options.max_in_flight = 5;
    server.world.Cold().percent = 50;
    server.node.SetEstimate(0.125);
    for (unsigned n = 0; n < 300; ++n)
        server.world.Draft().balance[MakeScript(n)] = {static_cast<index::Amount>(n), 0};
    server.Start();
    TestClient client = server.Connect();
    std::string batch = "[";
    for (unsigned n = 0; n < 300; ++n) {
        if (n > 0) batch += ',';
        if (n % 3 == 0)
            batch += Item(std::to_string(n), "blockchain.transaction.get",
                          "[" + Quoted(MakeTxid(n)) + "]");
        else
            batch += Item(std::to_string(n), "blockchain.scripthash.get_balance",
                          "[" + Quoted(MakeScript(n)) + "]");
    }
    for (int round = 0; round < 3; ++round) {
        std::set<std::int64_t> ids;
        const json::array answers = json::parse(client.Ask(batch + "]")).as_array();
        for (const json::value& answer : answers) {
            const std::int64_t id = answer.at("id").as_int64();
            EXPECT_TRUE(ids.insert(id).second) << id;
            if (id % 3 == 0)
                EXPECT_EQ(answer.at("error").at("code"), 2);
            else
                EXPECT_EQ(answer.at("result").at("confirmed"), id);
        }
        EXPECT_EQ(ids.size(), 300u);
    }
}

TEST_F(BatchesTest, IsBoundedInItems) {
    server.options.max_batch_items = 3;
    server.Start();
    TestClient client = server.Connect();
    const std::string item = Item("1", "server.ping");
    EXPECT_EQ(
        client.Ask("[" + item + "," + item + "," + item + "," + item + "]"),
        R"({"jsonrpc":"2.0","id":null,"error":{"code":4,"message":"batch limit exceeded: 3"}})");
    EXPECT_EQ(json::parse(client.Ask("[" + item + "," + item + "," + item + "]")).as_array().size(),
              3u);
}

TEST_F(BatchesTest, IsBoundedInBytes) {
    server.options.max_send_bytes = 2000;
    server.options.banner = std::string(400, 'b');
    server.Start();
    TestClient client = server.Connect();
    std::string batch = "[";
    for (int n = 0; n < 20; ++n) batch += Item(std::to_string(n), "server.banner") + ",";
    batch.back() = ']';
    const json::array answers = json::parse(client.Ask(batch)).as_array();
    ASSERT_EQ(answers.size(), 20u);
    EXPECT_EQ(answers[0].at("result").as_string().size(), 400u);
    for (std::size_t n = 4; n < 20; ++n) {
        EXPECT_EQ(answers[n].at("error").at("code"), -32600);
        EXPECT_EQ(answers[n].at("error").at("message"), "response too large (over 2000 bytes)");
    }
}

/// A subscription inside a batch must not be notified before the batch is answered.
TEST_F(BatchesTest, HoldsNotificationsBack) {
    const ScriptHash script = MakeScript(1);
    server.Start();
    server.node.Hold();
    TestClient client = server.Connect();
    client.SendLine("[" + Item("1", "blockchain.scripthash.subscribe", "[" + Quoted(script) + "]") +
                    "," + Item("2", "blockchain.headers.subscribe") + "," +
                    Item("3", "blockchain.relayfee") + "]");
    ASSERT_TRUE(Eventually([&] { return server.node.CountCalls("floors") == 1; }));
    server.world.Mine();
    server.world.Add(script, MakeTxid(1), 1);
    server.Announce({script});
    EXPECT_TRUE(client.IsSilent(std::chrono::milliseconds(100)));
    server.node.Release();
    const auto first = json::parse(*client.ReadLine());
    ASSERT_TRUE(first.is_array());
    EXPECT_EQ(first.as_array().size(), 3u);
    EXPECT_EQ(json::parse(*client.ReadLine()).at("method"), "blockchain.headers.subscribe");
    EXPECT_EQ(json::parse(*client.ReadLine()).at("method"), "blockchain.scripthash.subscribe");
}

}  // namespace
}  // namespace amber::test
