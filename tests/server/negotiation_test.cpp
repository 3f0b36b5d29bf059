// server.version and what depends on it (protocol.md section 3).
#include <gtest/gtest.h>

#include "tests/server/test_server.h"

namespace amber::test {
namespace {

struct NegotiationTest : testing::Test {
    TestServer server;

    std::string Version(const std::string& params) {
        TestClient client = server.Connect();
        return client.Ask(R"({"id":1,"method":"server.version","params":)" + params + '}');
    }
    static std::string Chosen(const std::string& version) {
        return R"({"jsonrpc":"2.0","id":1,"result":["Amber 9.8.7",")" + version + "\"]}";
    }
};

TEST_F(NegotiationTest, ChoosesTheNewestCommonVersion) {
    server.Start();
    EXPECT_EQ(Version("[]"), Chosen("1.4"));
    EXPECT_EQ(Version(R"(["x"])"), Chosen("1.4"));
    EXPECT_EQ(Version(R"(["x",null])"), Chosen("1.4"));
    EXPECT_EQ(Version(R"(["x","1.4.2"])"), Chosen("1.4.2"));
    EXPECT_EQ(Version(R"(["x",["1.4","1.6"]])"), Chosen("1.6"));
    EXPECT_EQ(Version(R"(["x",["1.4","1.5"]])"), Chosen("1.5"));
    EXPECT_EQ(Version(R"(["x","1.7"])"), Chosen("1.7"));
    EXPECT_EQ(Version(R"(["x",["1.7","1.7"]])"), Chosen("1.7"));
    EXPECT_EQ(Version(R"(["x",["1.1","1.9.9"]])"), Chosen("1.7"));
    EXPECT_EQ(Version(R"({"client_name":"x","protocol_version":["1.4","1.4"]})"), Chosen("1.4"));
    // Superfluous arguments are an extension point.
    EXPECT_EQ(Version(R"(["x","1.4","more",[1]])"), Chosen("1.4"));
    EXPECT_EQ(Version(R"({"client_name":"x","protocol_version":"1.4","more":1})"), Chosen("1.4"));
    EXPECT_EQ(Version("[7]"), Chosen("1.4"));
}

TEST_F(NegotiationTest, ClosesWithoutACommonVersion) {
    server.Start();
    for (const char* version :
         {R"("1.3")", R"("1.8")", R"(["1.8","1.9"])", R"(["1.0","1.3"])", R"("abc")", "7", "{}",
          "[]", R"(["1.4"])", R"([1.4,1.6])", R"(["1.4","1.6","1.7"])"}) {
        TestClient client = server.Connect();
        const std::string answer = client.Ask(
            std::string(R"({"id":1,"method":"server.version","params":["x",)") + version + "]}");
        EXPECT_NE(answer.find(R"({"code":1,"message":"unsupported protocol version: )"),
                  std::string::npos)
            << answer;
        EXPECT_EQ(client.ReadLine(), std::nullopt) << version;
    }
}

TEST_F(NegotiationTest, OnlyOnce) {
    server.Start();
    TestClient client = server.Connect();
    client.Call("server.version", R"(["x","1.4"])");
    EXPECT_EQ(
        client.Ask(R"({"id":2,"method":"server.version","params":["x","1.6"]})"),
        R"({"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"server.version already sent"}})");
    EXPECT_EQ(client.Call("server.ping"), nullptr);
}

TEST_F(NegotiationTest, GatesMethodsByVersion) {
    server.Start();
    for (const char* version : {"", "1.4", "1.4.2", "1.5", "1.6", "1.7"}) {
        TestClient client = server.Connect();
        if (*version) client.Call("server.version", std::string("[\"x\",\"") + version + "\"]");
        const std::string answer = client.Ask(R"({"id":1,"method":"mempool.get_info"})");
        const std::string unknown =
            R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"unknown method \"mempool.get_info\""}})";
        if (std::string(version) >= "1.6")
            EXPECT_EQ(answer, R"({"jsonrpc":"2.0","id":1,"result":{"mempoolminfee":0.00001,)"
                              R"("minrelaytxfee":0.00001,"incrementalrelayfee":0.00001}})");
        else
            EXPECT_EQ(answer, unknown) << version;
        // Served at every version, whatever the letter of the protocol.
        EXPECT_EQ(client.Call("blockchain.relayfee"), 0.00001);
        if (std::string(version) < "1.7") {
            EXPECT_EQ(
                client.Call("blockchain.scripthash.unsubscribe", "[" + Quoted(MakeScript(1)) + "]"),
                false);
        }
    }
}

TEST_F(NegotiationTest, CanInsistOnVersionFirst) {
    server.options.version_first = true;
    server.Start();
    TestClient early = server.Connect();
    EXPECT_EQ(
        early.Ask(R"({"id":1,"method":"server.ping"})"),
        R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"use server.version to identify client"}})");
    EXPECT_EQ(early.ReadLine(), std::nullopt);
    // Requests may follow right behind.
    TestClient client = server.Connect();
    client.Send(
        "{\"id\":1,\"method\":\"server.version\",\"params\":[\"x\",\"1.6\"]}\n"
        "{\"id\":2,\"method\":\"server.ping\"}\n");
    EXPECT_EQ(client.ReadLine(), Chosen("1.6"));
    EXPECT_EQ(client.ReadLine(), R"({"jsonrpc":"2.0","id":2,"result":null})");
}

TEST_F(NegotiationTest, RemembersTheClient) {
    server.Start();
    TestClient client = server.Connect();
    client.Call("server.version",
                "[\"" + std::string(79, 'n') + "\xc3\xa9" + R"(",["1.4","1.6"]])");
    const auto sessions = server.Server().Sessions();
    ASSERT_EQ(sessions.size(), 1u);
    EXPECT_EQ(sessions[0].client, std::string(79, 'n'));  // 80 bytes would cut the last letter
    EXPECT_EQ(sessions[0].protocol, "1.6");
    EXPECT_EQ(sessions[0].transport, "tcp");
    EXPECT_TRUE(sessions[0].peer.starts_with("127.0.0.1:")) << sessions[0].peer;
    EXPECT_EQ(sessions[0].requests, 1u);
}

}  // namespace
}  // namespace amber::test
