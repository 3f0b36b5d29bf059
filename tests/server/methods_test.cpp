// Every method that answers from the index, as a wallet sees it: request line, exact reply line.
#include <gtest/gtest.h>

#include <set>

#include "index/chain/hex.h"
#include "index/chain/sha256.h"
#include "server/methods/registry.h"
#include "tests/server/test_server.h"

namespace amber::test {
namespace {

/// Blocks 0 to 4; script 1 has a confirmed, a mempool and a mempool-with-unconfirmed-parent entry.
struct MethodsTest : testing::Test {
    TestServer server;
    const ScriptHash script = MakeScript(1);
    const Txid one = MakeTxid(1), two = MakeTxid(2), three = MakeTxid(3);

    void SetUp() override {
        server.world.Mine({one, MakeTxid(9)});
        server.world.Mine();
        server.world.Mine();
        server.world.Mine();
        server.world.Add(script, one, 1);
        server.world.Add(script, two, 0, 250);
        server.world.Add(script, three, -1, 1000);
        server.world.Draft().balance[script] = {50'000, -3};
        server.world.Draft().unspent[script] = {{one, 7, 1, 49'000}, {two, 0, 0, 1'000}};
        server.Start();
    }

    std::string HeaderHex(std::size_t height) {
        return index::ToHex(server.world.Draft().headers[height]);
    }
    /// The reply to one method on a fresh connection, with the version if one is given.
    std::string Ask(const std::string& method, const std::string& params,
                    const std::string& version = "") {
        TestClient client = server.Connect();
        if (!version.empty()) client.Call("server.version", "[\"t\",\"" + version + "\"]");
        return client.Ask(R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" +
                          params + '}');
    }
    static std::string Result(const std::string& result) {
        return R"({"jsonrpc":"2.0","id":1,"result":)" + result + '}';
    }
    static std::string Error(int code, const std::string& message) {
        return R"({"jsonrpc":"2.0","id":1,"error":{"code":)" + std::to_string(code) +
               R"(,"message":")" + message + "\"}}";
    }
    std::string One(const std::string& value) { return "[" + value + "]"; }
};

TEST_F(MethodsTest, BlockHeader) {
    EXPECT_EQ(Ask("blockchain.block.header", "[2]"), Result('"' + HeaderHex(2) + '"'));
    EXPECT_EQ(Ask("blockchain.block.header", "[2,0]"), Result('"' + HeaderHex(2) + '"'));
    EXPECT_EQ(Ask("blockchain.block.header", R"({"height":"4"})"),
              Result('"' + HeaderHex(4) + '"'));
    EXPECT_EQ(Ask("blockchain.block.header", "[5]"), Error(1, "height 5 out of range"));
    EXPECT_EQ(Ask("blockchain.block.header", "[3,2]"),
              Error(1, "require header height 3 <= cp_height 2 <= chain height 4"));
    EXPECT_EQ(Ask("blockchain.block.header", "[3,5]"),
              Error(1, "require header height 3 <= cp_height 5 <= chain height 4"));
    EXPECT_EQ(Ask("blockchain.block.header", "[-1]"),
              Error(1, "-1 should be a non-negative integer"));
}

/// Folds the branch of a header proof; protocol.md 4.5.
TEST_F(MethodsTest, BlockHeaderWithProof) {
    TestClient client = server.Connect();
    const auto proof = client.Call("blockchain.block.header", "[2,4]").as_object();
    EXPECT_EQ(proof.at("header").as_string(), HeaderHex(2));
    index::MerkleNode node = index::Sha256dAs<index::MerkleNode>(server.world.Draft().headers[2]);
    std::size_t position = 2;
    for (const auto& sibling : proof.at("branch").as_array()) {
        const auto other = index::FromDisplayHex<index::MerkleNode>(sibling.as_string()).value();
        node = position % 2 ? index::HashPair(other, node) : index::HashPair(node, other);
        position /= 2;
    }
    EXPECT_EQ(proof.at("branch").as_array().size(), 3u);
    EXPECT_EQ(proof.at("root").as_string(), ToDisplayHex(node));
}

TEST_F(MethodsTest, BlockHeadersUpTo15) {
    const std::string two_headers = HeaderHex(3) + HeaderHex(4);
    for (const char* version : {"", "1.4", "1.4.2", "1.5"})
        EXPECT_EQ(Ask("blockchain.block.headers", "[3,2]", version),
                  Result(R"({"count":2,"hex":")" + two_headers + R"(","max":2016})"))
            << version;
    EXPECT_EQ(Ask("blockchain.block.headers", "[3,5000]"),
              Result(R"({"count":2,"hex":")" + two_headers + R"(","max":2016})"));
    EXPECT_EQ(Ask("blockchain.block.headers", "[5,1]"),
              Result(R"({"count":0,"hex":"","max":2016})"));
    EXPECT_EQ(Ask("blockchain.block.headers", "[9,0,3]"),
              Result(R"({"count":0,"hex":"","max":2016})"));
    EXPECT_EQ(Ask("blockchain.block.headers", "[0,4,2]"),
              Error(1, "require header height 3 <= cp_height 2 <= chain height 4"));
    EXPECT_EQ(Ask("blockchain.block.headers", "[0,4,7]"),
              Error(1, "require header height 3 <= cp_height 7 <= chain height 4"));
}

TEST_F(MethodsTest, BlockHeadersFrom16) {
    TestClient client = server.Connect();
    client.Call("server.version", R"(["t","1.6"])");
    EXPECT_EQ(client.Ask(R"({"id":1,"method":"blockchain.block.headers","params":[3,2]})"),
              Result(R"({"count":2,"headers":[")" + HeaderHex(3) + "\",\"" + HeaderHex(4) +
                     R"("],"max":2016})"));
    EXPECT_EQ(client.Ask(R"({"id":1,"method":"blockchain.block.headers","params":[7,2]})"),
              Result(R"({"count":0,"headers":[],"max":2016})"));
    const auto proof = client.Call("blockchain.block.headers", "[1,2,4]").as_object();
    const auto single = client.Call("blockchain.block.header", "[2,4]").as_object();
    EXPECT_EQ(proof.at("root"), single.at("root"));
    EXPECT_EQ(proof.at("branch"), single.at("branch"));
}

TEST_F(MethodsTest, HeadersSubscribe) {
    EXPECT_EQ(Ask("blockchain.headers.subscribe", "[]"),
              Result(R"({"hex":")" + HeaderHex(4) + R"(","height":4})"));
}

TEST_F(MethodsTest, ScripthashMethods) {
    const std::string params = One(Quoted(script));
    EXPECT_EQ(Ask("blockchain.scripthash.get_balance", params),
              Result(R"({"confirmed":50000,"unconfirmed":-3})"));
    const std::string mempool = R"({"fee":250,"height":0,"tx_hash":)" + Quoted(two) +
                                R"(},{"fee":1000,"height":-1,"tx_hash":)" + Quoted(three) + "}";
    EXPECT_EQ(Ask("blockchain.scripthash.get_history", params),
              Result(R"([{"height":1,"tx_hash":)" + Quoted(one) + "}," + mempool + "]"));
    EXPECT_EQ(Ask("blockchain.scripthash.get_mempool", params), Result('[' + mempool + ']'));
    EXPECT_EQ(Ask("blockchain.scripthash.listunspent", params),
              Result(R"([{"height":1,"tx_hash":)" + Quoted(one) +
                     R"(,"tx_pos":7,"value":49000},{"height":0,"tx_hash":)" + Quoted(two) +
                     R"(,"tx_pos":0,"value":1000}])"));
    const auto status = StatusOf(server.world.Draft().history[script]);
    EXPECT_EQ(Ask("blockchain.scripthash.subscribe", params),
              Result('"' + index::ToHex(status->View()) + '"'));
}

TEST_F(MethodsTest, UnusedScript) {
    const std::string params = One(Quoted(MakeScript(99)));
    EXPECT_EQ(Ask("blockchain.scripthash.get_balance", params),
              Result(R"({"confirmed":0,"unconfirmed":0})"));
    for (const char* method : {"get_history", "get_mempool", "listunspent"})
        EXPECT_EQ(Ask(std::string("blockchain.scripthash.") + method, params), Result("[]"));
    EXPECT_EQ(Ask("blockchain.scripthash.subscribe", params), Result("null"));
    EXPECT_EQ(Ask("blockchain.scripthash.unsubscribe", params), Result("false"));
}

TEST_F(MethodsTest, BadScripthash) {
    for (const char* method :
         {"get_balance", "get_history", "get_mempool", "listunspent", "subscribe", "unsubscribe"}) {
        const std::string name = std::string("blockchain.scripthash.") + method;
        EXPECT_EQ(Ask(name, R"(["abc"])"), Error(1, "abc is not a valid script hash")) << name;
        EXPECT_EQ(Ask(name, "[]"), Error(-32602, R"(missing argument \"scripthash\")")) << name;
        const bool ranged = std::string(method) == "get_history";
        const std::string most = ranged ? "3" : "1";
        EXPECT_EQ(Ask(name, R"(["a","b","c","d"])"),
                  Error(-32602, "expected at most " + most + " arguments, got 4"));
    }
}

/// protocol.md section 16.
TEST_F(MethodsTest, StatusVector) {
    const ScriptHash vector_script = MakeScript(5);
    const std::pair<const char*, int> entries[] = {
        {"a6c9c361bd0bc536d6a22648efbf8f9b200e425ef6c3a7a9669dc444c532a347", 2472},
        {"9c42f84b2fcdaff676ba25d9d4941741cc0d1a01cce0c23fdc4c0b2afa38431c", 2473},
        {"770f2d4371b3fabb902dd9a103e2dd005fcd3971181078fca4a2a1d6ff127b30", 2473},
        {"80b19848aed792565ab7c5a79b7c2a00fbf985741579396ebe0ab6098e607311", 0},
        {"e02a1dadfa83b996b24175df807b271ea5d02937ef5b35c195fac1e1bdc3198f", 0},
        {"bb4c8ab438c13b89ca80d1d5bee25b0b6b7f55673f4d801998ba97db161d9e85", -1}};
    for (const auto& [txid, height] : entries)
        server.world.Add(vector_script, *index::FromDisplayHex<Txid>(txid), height);
    server.Announce({vector_script});
    EXPECT_EQ(Ask("blockchain.scripthash.subscribe", One(Quoted(vector_script))),
              Result("\"78e96c6562cafa71c115503b9411fdfdc595a45031e2ab76ff75162fe1b0590d\""));
}

TEST_F(MethodsTest, HistoryTooLarge) {
    TestServer small;
    small.options.max_send_bytes = 100 + 99 * 2;  // two entries
    small.world.Add(script, one, 1);
    small.world.Add(script, two, 2);
    small.world.Add(script, three, 3);
    small.Start();
    TestClient client = small.Connect();
    const auto ask = [&](const std::string& method, const std::string& more = "") {
        return client.Ask(R"({"id":1,"method":"blockchain.scripthash.)" + method +
                          R"(","params":[)" + Quoted(script) + more + "]}");
    };
    EXPECT_EQ(ask("get_history"), Error(10001, "history too large"));
    EXPECT_EQ(ask("get_history", ",1,4"), Error(10001, "history too large"));
    EXPECT_EQ(ask("get_history", ",2,4"),
              Result(R"([{"height":2,"tx_hash":)" + Quoted(two) + R"(},{"height":3,"tx_hash":)" +
                     Quoted(three) + "}]"));
    // A status is no longer for it.
    const auto status = StatusOf(small.world.Draft().history[script]);
    EXPECT_EQ(ask("subscribe"), Result('"' + index::ToHex(status->View()) + '"'));
}

TEST_F(MethodsTest, TransactionGetMerkle) {
    TestClient client = server.Connect();
    const auto proof =
        client.Call("blockchain.transaction.get_merkle", "[" + Quoted(one) + ",1]").as_object();
    EXPECT_EQ(proof.at("block_height"), 1);
    EXPECT_EQ(proof.at("pos"), 1);
    std::vector<index::MerkleNode> branch;
    for (const auto& node : proof.at("merkle").as_array())
        branch.push_back(*index::FromDisplayHex<index::MerkleNode>(node.as_string()));
    std::vector<index::MerkleNode> leaves;
    for (const Txid& txid : server.world.Draft().blocks[1])
        leaves.push_back(index::HashCast<index::MerkleNode>(txid));
    EXPECT_EQ(index::FoldMerkle(leaves[1], branch, 1), index::ComputeMerkleRoot(leaves));

    EXPECT_EQ(client.Call("blockchain.transaction.get_merkle", "[" + Quoted(one) + "]"),
              boost::json::value(proof));
    EXPECT_EQ(Ask("blockchain.transaction.get_merkle", "[" + Quoted(one) + ",2]"),
              Error(1, "tx " + ToDisplayHex(one) + " not in block at height 2"));
    EXPECT_EQ(Ask("blockchain.transaction.get_merkle", "[" + Quoted(two) + ",2]"),
              Error(1, "tx " + ToDisplayHex(two) + " not in block at height 2"));
    EXPECT_EQ(Ask("blockchain.transaction.get_merkle", "[" + Quoted(two) + "]"),
              Error(1, "tx " + ToDisplayHex(two) + " not in any block"));
    EXPECT_EQ(Ask("blockchain.transaction.get_merkle", "[" + Quoted(one) + ",5]"),
              Error(1, "height 5 out of range"));
    EXPECT_EQ(Ask("blockchain.transaction.get_merkle", R"(["xyz",1])"),
              Error(1, "xyz should be a transaction hash"));
}

TEST_F(MethodsTest, TransactionIdFromPos) {
    EXPECT_EQ(Ask("blockchain.transaction.id_from_pos", "[1,1]"), Result(Quoted(one)));
    EXPECT_EQ(Ask("blockchain.transaction.id_from_pos", "[1,1,false]"), Result(Quoted(one)));
    TestClient client = server.Connect();
    const auto with_branch =
        client.Call("blockchain.transaction.id_from_pos", "[1,1,true]").as_object();
    const auto proof = client.Call("blockchain.transaction.get_merkle", "[" + Quoted(one) + ",1]");
    EXPECT_EQ(with_branch.at("tx_hash").as_string(), ToDisplayHex(one));
    EXPECT_EQ(with_branch.at("merkle"), proof.at("merkle"));
    // A block of one transaction has an empty branch.
    EXPECT_EQ(
        Ask("blockchain.transaction.id_from_pos", "[2,0,true]"),
        Result(R"({"tx_hash":)" + Quoted(server.world.Draft().blocks[2][0]) + R"(,"merkle":[]})"));
    EXPECT_EQ(Ask("blockchain.transaction.id_from_pos", "[1,3]"),
              Error(1, "no tx at position 3 in block at height 1"));
    EXPECT_EQ(Ask("blockchain.transaction.id_from_pos", "[5,0]"),
              Error(1, "height 5 out of range"));
    EXPECT_EQ(Ask("blockchain.transaction.id_from_pos", R"([1,0,"x"])"),
              Error(1, "x should be a Boolean value"));
}

TEST_F(MethodsTest, ServerMethods) {
    EXPECT_EQ(Ask("server.ping", "[]"), Result("null"));
    EXPECT_EQ(Ask("server.peers.subscribe", "[]"), Result("[]"));
    EXPECT_EQ(Ask("server.add_peer", "[1]"), Error(1, "features is not an object"));
    EXPECT_EQ(Ask("server.banner", "[]"), Result(R"("")"));
    EXPECT_EQ(Ask("server.donation_address", "[]"), Result(R"("")"));
    EXPECT_EQ(Ask("mempool.get_fee_histogram", "[]"), Result("[]"));
    EXPECT_EQ(
        Ask("server.features", "[]"),
        Result(R"({"hosts":{},"genesis_hash":)" +
               Quoted(index::FindCoin("bitcoin", "regtest")->genesis) +
               R"(,"hash_function":"sha256","server_version":"Amber 9.8.7","protocol_min":"1.4",)"
               R"("protocol_max":"1.7","pruning":null})"));
}

TEST_F(MethodsTest, ConfiguredTexts) {
    TestServer other;
    other.options.banner =
        "$SERVER_VERSION|$SERVER_SUBVERSION|$DAEMON_VERSION|"
        "$DAEMON_SUBVERSION|$DONATION_ADDRESS\n\"end\"";
    other.options.donation_address = "bcrt1qexample";
    other.options.public_hosts = {
        {"a.example", 50001, 0, 0, 0}, {"b.onion", 1, 2, 3, 4}, {"a.example", 0, 0, 0, 50004}};
    other.Start();
    TestClient client = other.Connect();
    EXPECT_EQ(client.Call("server.banner").as_string(),
              "9.8.7|Amber 9.8.7|29.4.0|/Satoshi:29.4.0/|bcrt1qexample\n\"end\"");
    EXPECT_EQ(client.Call("server.donation_address").as_string(), "bcrt1qexample");
    EXPECT_NE(client.Ask(R"({"id":1,"method":"server.features"})")
                  .find(R"({"hosts":{"a.example":{"tcp_port":50001,"wss_port":50004},)"
                        R"("b.onion":{"tcp_port":1,"ssl_port":2,"ws_port":3,"wss_port":4}},)"),
              std::string::npos);
}

struct UncachedMethodsTest : MethodsTest {
    UncachedMethodsTest() { server.options.answer_cache_bytes = 0; }
};

/// The same answers when nothing is in memory.
TEST_F(UncachedMethodsTest, AnswersFromTheDiskAreTheSame) {
    const std::vector<std::pair<std::string, std::string>> asked = {
        {"blockchain.block.header", "[2,4]"},
        {"blockchain.block.headers", "[0,5]"},
        {"blockchain.scripthash.get_balance", One(Quoted(script))},
        {"blockchain.scripthash.get_history", One(Quoted(script))},
        {"blockchain.scripthash.listunspent", One(Quoted(script))},
        {"blockchain.scripthash.subscribe", One(Quoted(script))},
        {"blockchain.transaction.get_merkle", "[" + Quoted(one) + ",1]"},
        {"blockchain.transaction.get_merkle", "[" + Quoted(two) + ",1]"},
        {"blockchain.block.header", "[77]"},
        {"blockchain.transaction.get", One(Quoted(two))}};
    for (const auto& [method, params] : asked) {
        server.world.Cold().percent = 0;
        const std::string warm = Ask(method, params);
        server.world.Cold().percent = 100;
        const unsigned reads = server.world.Cold().disk_reads;
        EXPECT_EQ(Ask(method, params), warm) << method;
        EXPECT_GT(server.world.Cold().disk_reads, reads) << method;
    }
}

/// Connections go to the I/O threads in turn, and all of them find what one has read.
TEST_F(MethodsTest, AnswersAboutScriptsAreKeptUntilAViewTouchesThem) {
    const auto ask = [&] { return Ask("blockchain.scripthash.get_balance", One(Quoted(script))); };
    server.world.Cold().percent = 100;
    const std::string before = ask();
    const unsigned reads = server.world.Cold().disk_reads;
    for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(), before);
    EXPECT_EQ(server.world.Cold().disk_reads, reads);

    server.world.Draft().balance[script] = {1, 2};
    server.Announce({script});
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(ask(), R"({"jsonrpc":"2.0","id":1,"result":{"confirmed":1,"unconfirmed":2}})");
    EXPECT_GT(server.world.Cold().disk_reads, reads);
}

TEST_F(MethodsTest, CountsRequestsByMethod) {
    Ask("server.ping", "[]");
    Ask("server.ping", "[]");
    Ask("server.banner", "[]");
    Ask("no.such.method", "[]");
    const auto stats = server.Server().Stats();
    EXPECT_EQ(stats.requests, (std::vector<std::pair<std::string, std::uint64_t>>{
                                  {"server.banner", 1}, {"server.ping", 2}}));
    EXPECT_EQ(stats.errors, 1u);
}

TEST(Registry, MethodsOfOneNameFollowEachOther) {
    const server::ProtocolVersion newest{{9, 9, 9}};
    std::set<std::string_view> names;
    const server::Method* before = nullptr;
    for (const server::Method& method : server::Methods()) {
        EXPECT_EQ(server::FindMethod(method.name, method.since), &method) << method.name;
        EXPECT_LT(method.since, method.until) << method.name;
        if (before && before->name == method.name)
            EXPECT_EQ(before->until, method.since) << method.name;
        else
            EXPECT_TRUE(names.insert(method.name).second) << method.name << " stands apart";
        if (method.until != server::kNever)
            EXPECT_NE(server::FindMethod(method.name, method.until), &method) << method.name;
        else
            EXPECT_EQ(server::FindMethod(method.name, newest), &method) << method.name;
        EXPECT_LE(method.parameters.size(), server::Arguments::kMax);
        bool optional = false;
        for (const auto& parameter : method.parameters) {
            EXPECT_FALSE(optional && parameter.required) << method.name;
            optional = !parameter.required;
        }
        before = &method;
    }
    EXPECT_EQ(server::FindMethod("", newest), nullptr);
}

}  // namespace
}  // namespace amber::test
