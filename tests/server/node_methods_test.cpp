// Methods that ask the node.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "index/chain/sha256.h"
#include "server/methods/fee_oracle.h"
#include "tests/server/test_server.h"

namespace amber::test {
namespace {

namespace json = boost::json;

struct NodeMethodsTest : testing::Test {
    TestServer server;
    std::optional<TestClient> client;
    const Txid mined = MakeTxid(1), unconfirmed = MakeTxid(2);

    void SetUp() override {
        server.world.Mine({mined});
        server.Start();
        client.emplace(server.Connect());
        client->Call("server.version", R"(["t","1.6"])");
    }
    std::string Ask(const std::string& method, const std::string& params) {
        return client->Ask(R"({"id":1,"method":")" + method + R"(","params":)" + params + '}');
    }
    static std::string Result(const std::string& result) {
        return R"({"jsonrpc":"2.0","id":1,"result":)" + result + '}';
    }
    static std::string Error(int code, const std::string& message) {
        return R"({"jsonrpc":"2.0","id":1,"error":{"code":)" + std::to_string(code) +
               R"(,"message":)" + json::serialize(json::string(message)) + "}}";
    }
    std::string Block(std::size_t height) {
        return ToDisplayHex(
            index::Sha256dAs<index::BlockHash>(server.world.Draft().headers[height]));
    }
};

constexpr const char* kUnknown =
    "daemon error: {'code': -5, 'message': 'No such mempool or blockchain transaction. Use "
    "gettransaction for wallet transactions.'}";

TEST_F(NodeMethodsTest, TransactionOfABlock) {
    server.node.Set("raw " + ToDisplayHex(mined) + ' ' + Block(1) + " 1", std::string("aabb"));
    const std::string params = "[" + Quoted(mined) + "]";
    EXPECT_EQ(Ask("blockchain.transaction.get", params), Result("\"aabb\""));
    EXPECT_EQ(Ask("blockchain.transaction.get", params), Result("\"aabb\""));
    EXPECT_EQ(server.node.CountCalls("raw"), 1u) << "the second is remembered";
}

TEST_F(NodeMethodsTest, TransactionOfTheMempool) {
    server.node.Set("raw " + ToDisplayHex(unconfirmed) + " -", std::string("ccdd"));
    const std::string params = "[" + Quoted(unconfirmed) + ",false]";
    EXPECT_EQ(Ask("blockchain.transaction.get", params), Result("\"ccdd\""));
    EXPECT_EQ(Ask("blockchain.transaction.get", params), Result("\"ccdd\""));
    EXPECT_EQ(server.node.CountCalls("raw"), 2u) << "not remembered: it may be replaced";
}

TEST_F(NodeMethodsTest, VerboseTransactionIsTheNodesOwn) {
    server.node.Set("verbose " + ToDisplayHex(mined) + ' ' + Block(1),
                    std::string("{\"txid\":\"x\",\n \"confirmations\":3}"));
    EXPECT_EQ(Ask("blockchain.transaction.get", "[" + Quoted(mined) + ",true]"),
              Result("{\"txid\":\"x\",  \"confirmations\":3}"));
}

TEST_F(NodeMethodsTest, UnknownTransaction) {
    for (const Txid& txid : {mined, unconfirmed})
        for (const char* verbose : {"false", "true"})
            EXPECT_EQ(Ask("blockchain.transaction.get", "[" + Quoted(txid) + "," + verbose + "]"),
                      Error(2, kUnknown));
    // The node may have left the block the index knows: then its mempool is asked.
    EXPECT_EQ(server.node.CountCalls("raw " + ToDisplayHex(mined)), 2u);
    server.node.Set("raw " + ToDisplayHex(mined) + " -", std::string("eeff"));
    EXPECT_EQ(Ask("blockchain.transaction.get", "[" + Quoted(mined) + "]"), Result("\"eeff\""));
    EXPECT_EQ(Ask("blockchain.transaction.get", "[\"zz\"]"),
              Error(1, "zz should be a transaction hash"));
}

TEST_F(NodeMethodsTest, TroubleWithTheNode) {
    const std::string call = "raw " + ToDisplayHex(unconfirmed) + " -";
    const std::string params = "[" + Quoted(unconfirmed) + "]";
    server.node.Set(call, Refused(-8, "it's \"odd\""));
    EXPECT_EQ(Ask("blockchain.transaction.get", params),
              Error(2, R"(daemon error: {'code': -8, 'message': 'it\'s "odd"'})"));
    server.node.Set(call, Refused(-8, "it's odd"));
    EXPECT_EQ(Ask("blockchain.transaction.get", params),
              Error(2, R"(daemon error: {'code': -8, 'message': "it's odd"})"));
    using Kind = index::NodeError::Kind;
    for (const auto& [kind, text] :
         {std::pair(Kind::unreachable, "the daemon is not reachable"),
          std::pair(Kind::unauthorized, "the daemon is not reachable"),
          std::pair(Kind::timeout, "the daemon did not answer in time"),
          std::pair(Kind::overloaded, "the daemon is busy"),
          std::pair(Kind::warming_up, "the daemon is starting"),
          std::pair(Kind::malformed, "the daemon sent a malformed answer")}) {
        server.node.Set(call, index::NodeError{kind, 0, "http://user:secret@10.0.0.1 is down"});
        EXPECT_EQ(Ask("blockchain.transaction.get", params),
                  Error(2, std::string("daemon error: ") + text));
    }
}

TEST_F(NodeMethodsTest, Broadcast) {
    server.node.Set("broadcast 00ff", ToDisplayHex(unconfirmed));
    EXPECT_EQ(Ask("blockchain.transaction.broadcast", R"(["00ff"])"), Result(Quoted(unconfirmed)));
    EXPECT_EQ(Ask("blockchain.transaction.broadcast", R"({"raw_tx":"00ff"})"),
              Result(Quoted(unconfirmed)));
    const auto events = server.NodeEvents();
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[0].kind, index::NodeEvent::Kind::tx_added);
    EXPECT_EQ(events[0].txid, unconfirmed);
    EXPECT_EQ(server.Server().Stats().txs_sent, 2u);
}

TEST_F(NodeMethodsTest, RefusedBroadcast) {
    server.node.Set("broadcast 00ff", Refused(-26, "txn-already-in-mempool"));
    EXPECT_EQ(Ask("blockchain.transaction.broadcast", R"(["00ff"])"),
              Error(1, "the transaction was rejected by network rules.\n\ntxn-already-in-mempool"));
    for (const char* bad : {R"("")", R"("0")", R"("0g")"})
        EXPECT_EQ(Ask("blockchain.transaction.broadcast", std::string("[") + bad + "]"),
                  Error(1,
                        "the transaction was rejected by network rules.\n\nTX decode failed. "
                        "Make sure the tx has at least one input."));
    EXPECT_EQ(Ask("blockchain.transaction.broadcast", "[7]"), Error(1, "7 should be a string"));
    server.node.Set("broadcast aa", index::NodeError{index::NodeError::Kind::timeout, 0, "x"});
    EXPECT_EQ(Ask("blockchain.transaction.broadcast", R"(["aa"])"),
              Error(2, "daemon error: the daemon did not answer in time"));
    EXPECT_TRUE(server.NodeEvents().empty());
    EXPECT_EQ(server.node.CountCalls("broadcast"), 2u);
}

TEST_F(NodeMethodsTest, BroadcastPackage) {
    const std::string good =
        R"({"package_msg":"success","tx-results":{"w1":{"txid":"t1","vsize":1}}})";
    server.node.Set("package aa bb", good);
    EXPECT_EQ(Ask("blockchain.transaction.broadcast_package", R"([["aa","bb"]])"),
              Result(R"({"success":true})"));
    EXPECT_EQ(Ask("blockchain.transaction.broadcast_package", R"([["aa","bb"],true])"),
              Result(good));
    server.node.Set(
        "package cc",
        std::string(R"({"package_msg":"transaction failed","tx-results":{"w1":{"txid":"t1",)"
                    R"("error":"min relay \"fee\""},"w2":{"txid":"t2"},"w3":{"txid":"t3",)"
                    R"("error":"x"}}})"));
    EXPECT_EQ(Ask("blockchain.transaction.broadcast_package", R"([["cc"],false])"),
              Result(R"({"success":false,"errors":[{"txid":"t1","error":"min relay \"fee\""},)"
                     R"({"txid":"t3","error":"x"}]})"));
    EXPECT_EQ(server.NodeEvents().size(), 3u);
}

TEST_F(NodeMethodsTest, RefusedPackage) {
    server.node.Set("package aa", Refused(-25, "package topology disallowed"));
    EXPECT_EQ(Ask("blockchain.transaction.broadcast_package", R"([["aa"]])"),
              Error(1,
                    "the tx package was rejected by network rules.\n\npackage topology "
                    "disallowed"));
    server.node.Set("package bb", Refused(-32601, "Method not found"));
    EXPECT_NE(
        Ask("blockchain.transaction.broadcast_package", R"([["bb"]])").find("\"code\":-32601"),
        std::string::npos);
    server.node.Set("package cc", std::string("not json"));
    EXPECT_EQ(Ask("blockchain.transaction.broadcast_package", R"([["cc"]])"),
              Error(2, "daemon error: the daemon sent a malformed answer"));
    for (const char* bad : {"[[]]", "[\"aa\"]", "[[1]]", "[null]"})
        EXPECT_EQ(Ask("blockchain.transaction.broadcast_package", bad),
                  Error(1, "raw_txs should be a non-empty list of transactions"));
}

TEST_F(NodeMethodsTest, EstimatesAreAskedOncePerTip) {
    server.node.SetEstimate(0.00012);
    EXPECT_EQ(Ask("blockchain.estimatefee", "[6]"), Result("0.00012"));
    EXPECT_EQ(Ask("blockchain.estimatefee", "[6,null]"), Result("0.00012"));
    EXPECT_EQ(server.node.CountCalls("estimate"), 1u);
    EXPECT_EQ(Ask("blockchain.estimatefee", R"([6,"economical"])"), Result("0.00012"));
    EXPECT_EQ(Ask("blockchain.estimatefee", R"([25,"CONSERVATIVE"])"), Result("0.00012"));
    EXPECT_EQ(server.node.Calls(), (std::vector<std::string>{"estimate 6 ", "estimate 6 ECONOMICAL",
                                                             "estimate 25 CONSERVATIVE"}));
    server.node.SetEstimate(-1);
    server.Announce();  // the mempool only
    EXPECT_EQ(Ask("blockchain.estimatefee", "[6]"), Result("0.00012"));
    server.world.Mine();
    server.Announce();
    EXPECT_EQ(Ask("blockchain.estimatefee", "[6]"), Result("-1"));
    EXPECT_EQ(Ask("blockchain.estimatefee", R"([6,"FAST"])"),
              Error(1, "unknown estimatefee mode: FAST"));
    EXPECT_EQ(Ask("blockchain.estimatefee", "[-2]"),
              Error(1, "-2 should be a non-negative integer"));
}

TEST_F(NodeMethodsTest, AnEstimateOfAnOldTipIsNotKept) {
    server.node.SetEstimate(0.5);
    server.node.Hold();
    client->SendLine(R"({"id":1,"method":"blockchain.estimatefee","params":[2]})");
    ASSERT_TRUE(Eventually([&] { return server.node.CountCalls("estimate") == 1; }));
    server.world.Mine();
    server.Announce();
    server.node.Release();
    EXPECT_EQ(client->ReadLine(), Result("0.5"));
    EXPECT_EQ(Ask("blockchain.estimatefee", "[2]"), Result("0.5"));
    EXPECT_EQ(server.node.CountCalls("estimate"), 2u);
}

TEST_F(NodeMethodsTest, ManyWalletsAskTheNodeOnce) {
    server.node.Hold();
    std::vector<TestClient> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(server.Connect());
        clients.back().SendLine(R"({"id":1,"method":"blockchain.estimatefee","params":[3]})");
        clients.back().SendLine(R"({"id":2,"method":"blockchain.relayfee"})");
    }
    ASSERT_TRUE(Eventually([&] {
        std::size_t in_flight = 0;
        for (const auto& session : server.Server().Sessions()) in_flight += session.in_flight;
        return in_flight == 40;
    }));
    server.node.SetEstimate(0.25);
    server.node.Release();
    for (TestClient& each : clients) {
        EXPECT_EQ(each.ReadLine(), Result("0.25"));
        EXPECT_EQ(each.ReadLine(), R"({"jsonrpc":"2.0","id":2,"result":0.00001})");
    }
    EXPECT_EQ(server.node.CountCalls("estimate"), 1u);
    EXPECT_EQ(server.node.CountCalls("floors"), 1u);
}

TEST_F(NodeMethodsTest, FeeFloors) {
    TestServer other;
    other.node.SetFloors({0.00002, 0.00001, 0.0000001});
    other.Start();
    TestClient asker = other.Connect();
    asker.Call("server.version", R"(["t","1.6"])");
    EXPECT_EQ(asker.Ask(R"({"id":1,"method":"mempool.get_info"})"),
              Result(R"({"mempoolminfee":0.00002,"minrelaytxfee":0.00001,)"
                     R"("incrementalrelayfee":0.0000001})"));
    EXPECT_EQ(asker.Ask(R"({"id":1,"method":"blockchain.relayfee"})"), Result("0.00001"));
    EXPECT_EQ(other.node.CountCalls("floors"), 1u);
}

/// The node may answer when the session, or the whole server, is gone.
TEST(LateAnswers, AreDropped) {
    auto server = std::make_unique<TestServer>();
    server->Start();
    server->node.Hold();
    {
        TestClient gone = server->Connect();
        gone.SendLine(R"({"id":1,"method":"blockchain.estimatefee","params":[3]})");
        ASSERT_TRUE(Eventually([&] { return server->node.CountCalls("estimate") == 1; }));
    }
    TestClient stays = server->Connect();
    stays.SendLine(R"({"id":1,"method":"blockchain.transaction.broadcast","params":["00"]})");
    ASSERT_TRUE(Eventually([&] { return server->node.CountCalls("broadcast") == 1; }));
    server->Server().Stop();
    EXPECT_EQ(stays.ReadLine(), std::nullopt);
    server->node.Release();
}

TEST(RoundedTarget, FollowsTheTable) {
    const std::pair<std::uint32_t, int> table[] = {
        {0, 1},   {1, 1},   {2, 2},     {12, 12},     {13, 12},          {24, 24},
        {25, 25}, {26, 26}, {27, 26},   {48, 48},     {49, 48},          {71, 48},
        {72, 72}, {73, 72}, {144, 144}, {1008, 1008}, {0xffffffff, 1008}};
    for (const auto& [asked, used] : table) EXPECT_EQ(server::RoundedTarget(asked), used) << asked;
}

}  // namespace
}  // namespace amber::test
