#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <thread>

#include "index/chain/hex.h"
#include "index/chain/sha256.h"
#include "server/admin/admin_server.h"
#include "tests/server/test_server.h"

namespace amber::test {
namespace {

namespace json = boost::json;

struct AdminTest : testing::Test {
    FakeWorld world;
    server::AdminTarget target;
    index::IndexerStatus status;
    index::ViewPtr view;
    std::unique_ptr<server::AdminServer> admin;

    void SetUp() override {
        target.coin = index::FindCoin("bitcoin", "regtest");
        target.version = "0.1.0";
        target.index_status = [this] { return status; };
        target.current_view = [this] { return view; };
    }
    TestClient Start() {
        admin = std::make_unique<server::AdminServer>("127.0.0.1", 0, target);
        return TestClient(admin->Port());
    }
    static std::string ErrorOf(TestClient& client, const std::string& method,
                               const std::string& params = "[]") {
        const auto answer = json::parse(
            client.Ask(R"({"id":1,"method":")" + method + R"(","params":)" + params + '}'));
        return std::string(answer.at("error").at("message").as_string());
    }
};

TEST_F(AdminTest, InfoFromTheFirstSecond) {
    TestClient client = Start();
    const auto info = client.Call("getinfo").as_object();
    EXPECT_EQ(info.at("height"), nullptr);
    EXPECT_EQ(info.at("synced"), false);
    EXPECT_EQ(info.at("sessions"), 0);
    EXPECT_EQ(info.at("network"), "regtest");
    EXPECT_GT(info.at("memory_bytes").as_int64(), 1'000'000);
    EXPECT_EQ(ErrorOf(client, "query", R"(["00"])"), "still syncing: no view to ask yet");
}

TEST_F(AdminTest, InfoWhenAllIsThere) {
    status.tip = index::Tip{{7}, {}, 20};
    status.node_height = {9};
    status.synced = true;
    status.mempool_txs = 3;
    target.progress = [] { return server::SyncProgress{0.5, std::chrono::seconds(90)}; };
    target.database_bytes = [] { return 4096; };
    target.node_software = [] { return index::WalletNode::Software{290400, "/x/"}; };
    target.node_link = [] {
        return server::NodeLink{"127.0.0.1:8332",
                                false,
                                "p2p",
                                {{"a:1", true, ""}, {"b:2", false, "it is \"foreign\""}}};
    };
    target.server_stats = [] {
        server::ServerStats stats;
        stats.sessions = 2;
        stats.subscriptions = 5;
        stats.requests = {{"a", 1}, {"b", 2}};
        stats.bound_hits = {{"max_sessions", 3}, {"ban", 0}};
        return stats;
    };
    TestClient client = Start();
    const auto info = client.Call("getinfo").as_object();
    EXPECT_EQ(info.at("height"), 7);
    EXPECT_EQ(info.at("daemon_height"), 9);
    EXPECT_EQ(info.at("daemon"), "127.0.0.1:8332");
    EXPECT_EQ(info.at("daemon_connected"), false);
    EXPECT_EQ(info.at("synced"), true);
    EXPECT_EQ(info.at("mempool_txs"), 3);
    EXPECT_EQ(info.at("progress"), 0.5);
    EXPECT_EQ(info.at("eta_seconds"), 90);
    EXPECT_EQ(info.at("database_bytes"), 4096);
    EXPECT_EQ(info.at("daemon_version"), 290400);
    EXPECT_EQ(info.at("source"), "p2p");
    EXPECT_EQ(info.at("node_peers"),
              json::parse(R"([{"address":"a:1","connected":true,"trouble":""},
                  {"address":"b:2","connected":false,"trouble":"it is \"foreign\""}])"));
    EXPECT_EQ(info.at("sessions"), 2);
    EXPECT_EQ(info.at("subscriptions"), 5);
    EXPECT_EQ(info.at("requests"), (json::value{{"a", 1}, {"b", 2}}));
    EXPECT_EQ(info.at("bound_hits"), (json::value{{"max_sessions", 3}, {"ban", 0}}));
}

TEST_F(AdminTest, QueriesByAddressScriptAndHash) {
    const std::string script_hex = "76a914000000000000000000000000000000000000000088ac";
    const ScriptHash script = index::Sha256As<ScriptHash>(*index::FromHex(script_hex));
    world.Add(script, MakeTxid(1), 1);
    world.Draft().balance[script] = {5, 6};
    world.Draft().unspent[script] = {{MakeTxid(1), 0, 1, 5}};
    view = world.Publish();
    TestClient client = Start();
    const auto by_script = client.Call("query", "[\"" + script_hex + "\"]").as_object();
    EXPECT_EQ(by_script.at("scripthash"), json::value(ToDisplayHex(script)));
    EXPECT_EQ(by_script.at("balance"), (json::value{{"confirmed", 5}, {"unconfirmed", 6}}));
    EXPECT_EQ(by_script.at("history").at(0).at("tx_hash"), json::value(ToDisplayHex(MakeTxid(1))));
    EXPECT_EQ(by_script.at("unspent").at(0).at("value"), 5);
    const auto two =
        client.Call("query", "[\"mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8\"," + Quoted(script) + "]");
    ASSERT_EQ(two.as_array().size(), 2u);
    for (const json::value& report : two.as_array())
        EXPECT_EQ(report.at("history"), by_script.at("history"));
    EXPECT_EQ(ErrorOf(client, "query", R"(["1BoatSLRHtKNngkdXEeobR76b53LETtpyT"])"),
              "neither an address of this network nor hex: 1BoatSLRHtKNngkdXEeobR76b53LETtpyT");
    EXPECT_EQ(ErrorOf(client, "query"), "expected addresses, scripts in hex, or script hashes");
}

TEST_F(AdminTest, SessionsAndDisconnect) {
    std::vector<std::uint64_t> gone;
    target.sessions = [] {
        std::vector<server::SessionInfo> sessions(2);
        sessions[0].id = 4;
        sessions[0].peer = "1.2.3.4:5";
        sessions[1].id = 6;
        return sessions;
    };
    target.disconnect = [&](std::uint64_t id) {
        gone.push_back(id);
        return id != 5;
    };
    TestClient client = Start();
    const auto sessions = client.Call("sessions").as_array();
    ASSERT_EQ(sessions.size(), 2u);
    EXPECT_EQ(sessions[0].at("id"), 4);
    EXPECT_EQ(sessions[0].at("peer"), "1.2.3.4:5");
    EXPECT_EQ(client.Call("disconnect", R"(["4,5","x"])"),
              (json::value{"disconnected 4", "no session 5", "no session x"}));
    EXPECT_EQ(client.Call("disconnect", R"({"session_ids":[6]})"), json::value{"disconnected 6"});
    EXPECT_EQ(client.Call("disconnect", R"(["all"])"),
              (json::value{"disconnected 4", "disconnected 6"}));
    EXPECT_EQ(gone, (std::vector<std::uint64_t>{4, 5, 6, 4, 6}));
}

TEST_F(AdminTest, ReorgAnswersFromAnotherThread) {
    std::thread syncing;
    target.reorg = [&](std::uint32_t count, const server::AdminTarget::Done& done) {
        if (syncing.joinable()) syncing.join();
        syncing = std::thread([=] { done(count > 5 ? "more than the undo window" : ""); });
    };
    TestClient client = Start();
    EXPECT_EQ(client.Call("reorg", "[2]"), "disconnected 2 blocks; following the node again");
    EXPECT_EQ(client.Call("reorg", R"(["2"])"), "disconnected 2 blocks; following the node again");
    EXPECT_EQ(client.Call("reorg"), "disconnected 3 blocks; following the node again");
    EXPECT_EQ(ErrorOf(client, "reorg", "[6]"), "more than the undo window");
    EXPECT_EQ(ErrorOf(client, "reorg", "[0]"), "count should be a positive integer");
    EXPECT_EQ(ErrorOf(client, "reorg", R"(["x"])"), "count should be a positive integer");
    syncing.join();
}

TEST_F(AdminTest, AnAnswerAfterTheEndIsDropped) {
    server::AdminTarget::Done late;
    target.reorg = [&](std::uint32_t, server::AdminTarget::Done done) { late = std::move(done); };
    TestClient client = Start();
    client.SendLine(R"({"id":1,"method":"reorg"})");
    TestClient other(admin->Port());
    other.Call("getinfo");  // by now the reorg has been asked for
    admin.reset();
    late("");
    EXPECT_EQ(client.ReadLine(), std::nullopt);
}

TEST_F(AdminTest, SettingsAndStop) {
    std::vector<std::string> urls{"http://127.0.0.1:1"};
    bool stopped = false;
    target.daemon_url = [&](const std::vector<std::string>& given) {
        if (!given.empty() && given[0] == "nonsense") throw std::runtime_error("not a URL");
        if (!given.empty()) urls = given;
        return urls;
    };
    target.log_level = [](const std::string& level) { return level.empty() ? "info" : level; };
    target.digest = [] { return R"({"rows":"ab"})"; };
    target.stop = [&] { stopped = true; };
    TestClient client = Start();
    EXPECT_EQ(client.Call("daemon_url"), json::value{"http://127.0.0.1:1"});
    EXPECT_EQ(client.Call("daemon_url", R"(["a","b"])"), (json::value{"a", "b"}));
    EXPECT_EQ(client.Call("daemon_url", R"({"daemon_url":"c,d"})"), (json::value{"c", "d"}));
    EXPECT_EQ(ErrorOf(client, "daemon_url", R"(["nonsense"])"), "not a URL");
    EXPECT_EQ(client.Call("log_level"), "info");
    EXPECT_EQ(client.Call("log_level", R"(["debug"])"), "debug");
    EXPECT_EQ(client.Call("digest").at("rows"), "ab");
    EXPECT_EQ(client.Call("stop"), "stopping");
    EXPECT_TRUE(stopped);
}

TEST_F(AdminTest, Limits) {
    using Texts = std::vector<std::string>;
    std::uint64_t sessions = 100;
    Texts exempt{"::1", "10.0.0.0/8"};
    target.limits = [&] {
        return std::vector<server::AdminTarget::Limit>{{"max_sessions", sessions},
                                                       {"exempt_subnet", exempt}};
    };
    target.set_limit = [&](const std::string& name, const Texts& values) {
        if (name == "exempt-subnet")
            exempt = values;
        else if (name == "max-sessions" && values.size() == 1)
            sessions = std::stoull(values[0]);
        else
            throw std::runtime_error("no such limit: " + name);
    };
    TestClient client = Start();
    EXPECT_EQ(client.Call("limits"),
              json::parse(R"({"max_sessions":100,"exempt_subnet":["::1","10.0.0.0/8"]})"));
    const auto now_exempt = [&](const char* params) {
        return client.Call("limits", params).at("exempt_subnet");
    };
    EXPECT_EQ(now_exempt(R"(["exempt-subnet","1.2.3.4","2001:db8::/32"])"),
              (json::value{"1.2.3.4", "2001:db8::/32"}));
    EXPECT_EQ(now_exempt(R"(["exempt-subnet","1.2.3.4,1.2.3.5"])"),
              (json::value{"1.2.3.4", "1.2.3.5"}));
    exempt.clear();
    EXPECT_EQ(now_exempt("[]"), json::array());
    EXPECT_EQ(client.Call("limits", R"(["max-sessions","7"])").at("max_sessions"), 7);
    EXPECT_EQ(client.Call("limits", R"({"limit":["max-sessions",8]})").at("max_sessions"), 8);
    EXPECT_EQ(ErrorOf(client, "limits", R"(["max","7"])"), "no such limit: max");
    EXPECT_EQ(ErrorOf(client, "limits", R"(["max-sessions"])"),
              "expected nothing, or the name of a limit and its new value");
    EXPECT_EQ(sessions, 8u);
}

TEST_F(AdminTest, Groups) {
    target.groups = [] {
        return std::vector<server::GroupReport>{{.name = "203.0.113.0/24",
                                                 .sessions = 2,
                                                 .connections = 3,
                                                 .subscriptions = 4,
                                                 .cost = 12.5,
                                                 .requests = 5,
                                                 .bytes_received = 6,
                                                 .bytes_sent = 7}};
    };
    TestClient client = Start();
    EXPECT_EQ(client.Call("groups").at(0), (json::value{{"group", "203.0.113.0/24"},
                                                        {"cost", 12.5},
                                                        {"sessions", 2},
                                                        {"connections", 3},
                                                        {"subscriptions", 4},
                                                        {"requests", 5},
                                                        {"bytes_received", 6},
                                                        {"bytes_sent", 7}}));
}

TEST_F(AdminTest, Bans) {
    std::vector<server::Ban> bans;
    target.ban = [&](const server::Ban& ban) {
        bans.push_back(ban);
        return 2u;
    };
    target.unban = [&](const server::Subnet& subnet) {
        return std::erase_if(bans, [&](const auto& ban) { return ban.subnet == subnet; }) > 0;
    };
    target.bans = [&] { return bans; };
    TestClient client = Start();
    EXPECT_EQ(client.Call("listbanned"), json::array());
    EXPECT_EQ(
        client.Call("ban", R"(["203.0.113.0/24"])"),
        (json::value{{"subnet", "203.0.113.0/24"}, {"until", nullptr}, {"sessions_closed", 2}}));
    const auto now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1);
    const auto until = client.Call("ban", R"(["2001:db8::1","3600"])").at("until").as_int64();
    EXPECT_NEAR(static_cast<double>(until), static_cast<double>(now + 3600), 5);
    const auto listed = client.Call("listbanned");
    ASSERT_EQ(listed.as_array().size(), 2u);
    EXPECT_EQ(listed.at(0).at("seconds_left"), nullptr);
    EXPECT_EQ(listed.at(1).at("subnet"), "2001:db8::1");
    EXPECT_NEAR(listed.at(1).at("seconds_left").to_number<double>(), 3600, 5);
    EXPECT_EQ(client.Call("unban", R"(["203.0.113.0/24"])"), "unbanned 203.0.113.0/24");
    EXPECT_EQ(ErrorOf(client, "unban", R"(["203.0.113.0/24"])"), "is not banned: 203.0.113.0/24");
    EXPECT_EQ(ErrorOf(client, "ban"), "expected an address or network, and for how many seconds");
    for (const char* bad : {"10.0.0.1/8", "localhost", "1.2.3"})
        EXPECT_TRUE(
            ErrorOf(client, "ban", "[\"" + std::string(bad) + "\"]").starts_with("not an address"))
            << bad;
    for (const char* bad : {"0", "-5", "soon", "99999999999999999999", "99999999999"})
        EXPECT_EQ(ErrorOf(client, "ban", "[\"1.2.3.4\",\"" + std::string(bad) + "\"]"),
                  "not a number of seconds: " + std::string(bad));
}

TEST_F(AdminTest, WhatIsNotThere) {
    TestClient client = Start();
    for (const char* method : {"sessions", "disconnect", "daemon_url", "log_level", "reorg",
                               "digest", "stop", "limits", "groups", "ban", "unban", "listbanned"})
        EXPECT_EQ(ErrorOf(client, method), "not available") << method;
    EXPECT_EQ(ErrorOf(client, "blockchain.headers.subscribe"),
              "unknown method \"blockchain.headers.subscribe\" (see `amber-cli --help`)");
    EXPECT_EQ(client.Ask("nonsense"),
              R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"invalid JSON"}})");
    EXPECT_EQ(client.ReadLine(), std::nullopt);
    TestClient other(admin->Port());
    other.Send(std::string(3 << 20, 'x'));
    EXPECT_EQ(other.ReadLine(), std::nullopt);
}

TEST_F(AdminTest, SurplusWordsAreRefusedAndNothingIsDone) {
    bool done = false;
    target.stop = [&] { done = true; };
    target.reorg = [&](std::uint32_t, const server::AdminTarget::Done&) { done = true; };
    target.log_level = [&](const std::string&) {
        done = true;
        return std::string("info");
    };
    TestClient client = Start();
    EXPECT_EQ(ErrorOf(client, "stop", R"(["now"])"), "stop takes no arguments: what is \"now\"?");
    EXPECT_EQ(ErrorOf(client, "stop", R"({"when":1})"),
              "stop takes no arguments: what is \"when\"?");
    EXPECT_EQ(ErrorOf(client, "reorg", "[1,2]"), "reorg takes one argument: what is \"2\"?");
    EXPECT_EQ(ErrorOf(client, "log_level", R"(["info","debug"])"),
              "log_level takes one argument: what is \"debug\"?");
    EXPECT_EQ(ErrorOf(client, "ban", R"(["1.2.3.4","5","6"])"),
              "ban takes 2 arguments: what is \"6\"?");
    for (const char* method :
         {"getinfo", "sessions", "digest", "groups", "listbanned", "peers", "broadcast"})
        EXPECT_EQ(ErrorOf(client, method, R"([true])"),
                  std::string(method) + " takes no arguments: what is \"true\"?");
    EXPECT_FALSE(done);
    EXPECT_EQ(client.Call("stop", "[]"), "stopping");
    EXPECT_TRUE(done);
}

/// As a web page can have it sent, with no question to whoever looks at the page.
TEST_F(AdminTest, ABrowserIsNotObeyed) {
    bool stopped = false;
    target.stop = [&] { stopped = true; };
    TestClient client = Start();
    client.Send(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
        "Content-Length: 24\r\n\r\n{\"id\":1,\"method\":\"stop\"}\n");
    EXPECT_TRUE(client.ReadLine()->find("invalid JSON") != std::string::npos);
    EXPECT_EQ(client.ReadLine(), std::nullopt);
    TestClient(admin->Port()).Call("getinfo");
    EXPECT_FALSE(stopped);
}

TEST_F(AdminTest, ATakenPortIsNamed) {
    TestClient client = Start();
    try {
        server::AdminServer second("127.0.0.1", admin->Port(), target);
        FAIL() << "listens twice";
    } catch (const std::runtime_error& error) {
        const std::string text = error.what();
        EXPECT_TRUE(text.starts_with("cannot listen on 127.0.0.1:")) << text;
        EXPECT_TRUE(text.ends_with("choose another port with --admin HOST:PORT")) << text;
    }
}

}  // namespace
}  // namespace amber::test
