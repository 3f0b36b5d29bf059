#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <thread>

#include "tests/server/test_server.h"

namespace amber::test {
namespace {

struct LimitsTest : testing::Test {
    TestServer server;

    static std::string Balance(int id, const ScriptHash& script) {
        return "{\"id\":" + std::to_string(id) +
               R"(,"method":"blockchain.scripthash.get_balance","params":[)" + Quoted(script) +
               "]}";
    }
};

TEST_F(LimitsTest, Sessions) {
    server.options.max_sessions = 2;
    server.Start();
    TestClient one = server.Connect();
    one.Ask(kPing);
    {
        TestClient two = server.Connect();
        two.Ask(kPing);
        TestClient three = server.Connect();
        EXPECT_EQ(three.ReadLine(), std::nullopt);
    }
    EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 1; }));
    EXPECT_TRUE(Eventually([&] {
        try {
            server.Connect().Ask(kPing);
            return true;
        } catch (const std::runtime_error&) {
            return false;
        }
    }));
}

TEST_F(LimitsTest, SubscriptionsOfASession) {
    server.options.max_subscriptions_per_session = 2;
    server.Start();
    TestClient client = server.Connect();
    const auto subscribe = [&](unsigned number) {
        return client.Ask(R"({"id":1,"method":"blockchain.scripthash.subscribe","params":[)" +
                          Quoted(MakeScript(number)) + "]}");
    };
    const std::string good = R"({"jsonrpc":"2.0","id":1,"result":null})";
    EXPECT_EQ(subscribe(1), good);
    EXPECT_EQ(subscribe(2), good);
    EXPECT_EQ(
        subscribe(3),
        R"({"jsonrpc":"2.0","id":1,"error":{"code":4,"message":"Subscription limit reached"}})");
    EXPECT_EQ(subscribe(1), good) << "again is not one more";
    client.Call("blockchain.scripthash.unsubscribe", "[" + Quoted(MakeScript(1)) + "]");
    EXPECT_EQ(subscribe(3), good);
}

TEST_F(LimitsTest, SubscriptionsOfAll) {
    server.options.max_subscriptions = 3;
    server.Start();
    TestClient one = server.Connect(), two = server.Connect();
    const auto subscribe = [](TestClient& client, unsigned number) {
        return client.Call("blockchain.scripthash.subscribe",
                           "[" + Quoted(MakeScript(number)) + "]");
    };
    subscribe(one, 1);
    subscribe(one, 2);
    subscribe(two, 1);
    EXPECT_THROW(subscribe(two, 2), std::runtime_error);
    EXPECT_EQ(server.Server().Stats().subscriptions, 3u);
}

TEST_F(LimitsTest, AnswerSize) {
    server.options.max_send_bytes = 1000;
    server.options.banner = std::string(2000, 'x');
    server.Start();
    EXPECT_EQ(server.Connect().Ask(R"({"id":1,"method":"server.banner"})"),
              R"({"jsonrpc":"2.0","id":1,"error":{"code":-32600,)"
              R"x("message":"response too large (over 1000 bytes)"}})x");
}

TEST_F(LimitsTest, RequestsInFlight) {
    server.options.max_in_flight = 4;
    server.Start();
    server.node.Hold();
    TestClient client = server.Connect();
    for (int n = 0; n < 20; ++n)
        client.SendLine(R"({"id":1,"method":"blockchain.transaction.get","params":[)" +
                        Quoted(MakeTxid(static_cast<unsigned>(n))) + "]}");
    ASSERT_TRUE(Eventually([&] { return server.node.CountCalls("raw") == 4; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(server.node.CountCalls("raw"), 4u);
    EXPECT_EQ(server.Server().Sessions().at(0).in_flight, 4u);
    server.node.Release();
    for (int n = 0; n < 20; ++n) EXPECT_TRUE(client.ReadLine());
    EXPECT_EQ(server.node.CountCalls("raw"), 20u);
}

TEST_F(LimitsTest, ReadsWaitingForTheDisk) {
    server.options.query_threads = 1;
    server.options.query_queue = 2;
    server.world.Cold().percent = 100;
    server.world.Cold().disk_delay_us = 100'000;
    server.Start();
    TestClient client = server.Connect();
    for (int n = 0; n < 10; ++n) client.SendLine(Balance(n, MakeScript(1)));
    int good = 0, busy = 0;
    for (int n = 0; n < 10; ++n) {
        const std::string line = *client.ReadLine();
        if (line.find(R"("code":-102)") != line.npos) ++busy;
        if (line.find(R"("confirmed":0)") != line.npos) ++good;
    }
    EXPECT_EQ(good + busy, 10);
    EXPECT_GE(busy, 6);
    EXPECT_GE(good, 2);
}

/// Ten thousand reads of one client do not keep the one of another waiting: served first come,
/// first served, it would wait for twenty seconds.
TEST_F(LimitsTest, ReadsTakeTurns) {
    server.options.query_threads = 1;
    server.options.max_in_flight = 10'000;
    server.options.request_timeout = std::chrono::seconds(100);
    server.world.Cold().percent = 100;
    server.world.Cold().disk_delay_us = 2000;
    server.Start();
    TestClient greedy = server.Connect(), modest = server.Connect();
    std::string requests;
    for (unsigned n = 0; n < 10'000; ++n) requests += Balance(1, MakeScript(100 + n)) + "\n";
    greedy.Send(requests);
    ASSERT_TRUE(Eventually([&] {
        const auto sessions = server.Server().Sessions();
        return std::ranges::any_of(sessions, [](const auto& s) { return s.in_flight > 9'000; });
    }));
    const auto start = std::chrono::steady_clock::now();
    for (unsigned n = 0; n < 5; ++n) modest.Ask(Balance(1, MakeScript(n)));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST_F(LimitsTest, ReadsOfWhoIsGoneAreNotDone) {
    server.options.query_threads = 1;
    server.world.Cold().percent = 100;
    server.world.Cold().disk_delay_us = 20'000;
    server.Start();
    for (unsigned i = 0; i < 10; ++i) {
        TestClient client = server.Connect();
        for (unsigned n = 0; n < 50; ++n) client.SendLine(Balance(1, MakeScript(50 * i + n)));
        client.ReadLine();
    }
    ASSERT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 0; }));
    const unsigned done = server.world.Cold().disk_reads;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    EXPECT_LE(server.world.Cold().disk_reads, done + 2) << "there were 500";
}

TEST_F(LimitsTest, RequestsHaveATimeLimit) {
    server.options.request_timeout = std::chrono::seconds(1);
    server.Start();
    server.node.Hold();
    TestClient client = server.Connect();
    const std::string get =
        R"("method":"blockchain.transaction.get","params":[)" + Quoted(MakeTxid(1)) + "]}";
    const auto busy = [](int id) {
        return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
               R"(,"error":{"code":-102,"message":"server busy - request timed out"}})";
    };
    EXPECT_EQ(client.Ask(R"({"id":1,)" + get), busy(1));
    EXPECT_EQ(client.Ask("[" + (R"({"id":2,)" + get) + "," + kPing + "]"),
              R"([{"jsonrpc":"2.0","id":1,"result":null},)" + busy(2) + "]");
    server.node.Release();  // what comes now comes too late
    EXPECT_EQ(client.Ask(kPing), R"({"jsonrpc":"2.0","id":1,"result":null})");
    EXPECT_EQ(server.Hits(server::Bound::request_timeout), 2u);
    EXPECT_EQ(server.Server().Sessions().at(0).in_flight, 0u);
}

/// Each bound that the operator moves counts for sessions that are there already.
TEST_F(LimitsTest, ChangeUnderWay) {
    server.Start();
    TestClient client = server.Connect();
    const auto set = [&] { server.Server().SetLimits(server.options); };
    const std::string batch = std::string("[") + kPing + "," + kPing + "]";
    EXPECT_NE(client.Ask(batch).find("result"), std::string::npos);
    server.options.max_batch_items = 1;
    set();
    EXPECT_EQ(
        client.Ask(batch),
        R"({"jsonrpc":"2.0","id":null,"error":{"code":4,"message":"batch limit exceeded: 1"}})");
    server.options.max_receive_bytes = 1000;
    set();
    EXPECT_NE(client.Ask(std::string(2000, ' ') + kPing).find("request too long"),
              std::string::npos);
    const auto subscribe = [&](unsigned number) {
        return client.Ask(R"({"id":1,"method":"blockchain.scripthash.subscribe","params":[)" +
                          Quoted(MakeScript(number)) + "]}");
    };
    EXPECT_EQ(subscribe(1), R"({"jsonrpc":"2.0","id":1,"result":null})");
    server.options.max_subscriptions_per_session = 1;
    set();
    EXPECT_NE(subscribe(2).find("limit reached"), std::string::npos);
    server.options.max_subscriptions_per_session = 100;
    server.options.max_subscriptions = 1;
    set();
    EXPECT_NE(subscribe(2).find("limit reached"), std::string::npos);
    server.options.idle_timeout = std::chrono::seconds(1);
    set();
    EXPECT_EQ(client.ReadLine(), std::nullopt);
    EXPECT_EQ(server.Hits(server::Bound::max_batch), 1u);
    EXPECT_EQ(server.Hits(server::Bound::max_recv), 1u);
    EXPECT_EQ(server.Hits(server::Bound::max_subscriptions), 1u);
    EXPECT_EQ(server.Hits(server::Bound::max_subscriptions_total), 1u);
    EXPECT_EQ(server.Hits(server::Bound::session_timeout), 1u);
}

TEST_F(LimitsTest, SubscriptionsOfAnAddress) {
    server.options.exempt = {};
    server.options.max_subscriptions_per_ip = 3;
    server.Start();
    TestClient one = server.Connect("127.0.1.1"), two = server.Connect("127.0.1.1");
    TestClient other = server.Connect("127.0.1.2");
    const auto subscribe = [](TestClient& client, unsigned number) {
        client.Call("blockchain.scripthash.subscribe", "[" + Quoted(MakeScript(number)) + "]");
    };
    subscribe(one, 1);
    subscribe(one, 2);
    subscribe(two, 1);
    EXPECT_THROW(subscribe(two, 2), std::runtime_error);
    subscribe(other, 2);
    { const TestClient gone = std::move(one); }
    EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 2; }));
    subscribe(two, 2);
    EXPECT_EQ(server.Hits(server::Bound::max_subscriptions_per_ip), 1u);
}

TEST_F(LimitsTest, IdleSessionsAreClosed) {
    server.options.idle_timeout = std::chrono::seconds(1);
    server.Start();
    TestClient idle = server.Connect(), busy = server.Connect();
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(2500)) {
        busy.Ask(kPing);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_EQ(idle.ReadLine(), std::nullopt);
    busy.Ask(kPing);
}

/// A session with much to do does not keep the others of its thread waiting.
TEST_F(LimitsTest, TakesTurns) {
    server.options.io_threads = 1;
    server.options.banner = std::string(1000, 'b');
    server.Start();
    TestClient greedy = server.Connect(), modest = server.Connect();
    std::string requests;
    for (int n = 0; n < 50'000; ++n)
        requests += R"({"id":1,"method":"server.banner"})"
                    "\n";
    std::thread reader([&] {
        for (int n = 0; n < 50'000; ++n)
            if (!greedy.ReadLine()) return;
    });
    std::thread writer([&] { greedy.Send(requests); });
    auto worst = std::chrono::steady_clock::duration::zero();
    for (int n = 0; n < 50; ++n) {
        const auto start = std::chrono::steady_clock::now();
        modest.Ask(kPing);
        worst = std::max(worst, std::chrono::steady_clock::now() - start);
    }
    writer.join();
    reader.join();
    EXPECT_LT(worst, std::chrono::seconds(2));
}

/// A turn is bounded in time, too: 256 of these requests take half a second.
TEST_F(LimitsTest, TakesTurnsByTime) {
    server.options.io_threads = 1;
    server.world.Cold().memory_delay_us = 2000;
    server.Start();
    TestClient greedy = server.Connect(), modest = server.Connect();
    std::string requests;
    for (unsigned n = 0; n < 1000; ++n) requests += Balance(1, MakeScript(n)) + "\n";
    greedy.Send(requests);
    ASSERT_TRUE(greedy.ReadLine());
    const auto start = std::chrono::steady_clock::now();
    for (int n = 0; n < 20; ++n) modest.Ask(kPing);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
    EXPECT_LT(server.Server().Sessions().at(0).requests, 900u) << "was the greedy one done?";
}

TEST_F(LimitsTest, ATakenPortIsNamed) {
    server.Start();
    EXPECT_EQ(server.Server().Addresses().at(0),
              "tcp 127.0.0.1:" + std::to_string(server.Server().Ports()[0]));
    TestServer second;
    second.options.listeners = {
        {server::TransportKind::tcp, "127.0.0.1", server.Server().Ports()[0]}};
    try {
        second.Start();
        FAIL() << "listens twice";
    } catch (const std::runtime_error& error) {
        EXPECT_EQ(std::string(error.what()),
                  "cannot listen on 127.0.0.1:" + std::to_string(server.Server().Ports()[0]) +
                      " (--tcp): Address already in use; another program, perhaps another amberd, "
                      "holds the port: end it, or choose another port with --tcp HOST:PORT");
    }
}

TEST_F(LimitsTest, AnAddressOfAnotherMachineIsNamed) {
    server.options.listeners = {{server::TransportKind::ws, "192.0.2.1", 0}};
    try {
        server.Start();
        FAIL() << "listens where it is not";
    } catch (const std::runtime_error& error) {
        EXPECT_EQ(std::string(error.what()),
                  "cannot listen on 192.0.2.1:0 (--ws): Cannot assign requested address; this "
                  "machine does not have that address: choose one of its own with --ws HOST:PORT");
    }
}

TEST(Padding, AnswersHaveOneOfFewSizes) {
    TestServer server;
    server.options.pad_answers = true;
    server.Start();
    TestClient client = server.Connect();
    const std::string plain = R"({"jsonrpc":"2.0","id":1,"result":null})";
    const std::string answer = client.Ask(R"({"id":1,"method":"server.ping"})");
    EXPECT_EQ(answer.size() + 1, 1024u);  // with its newline
    EXPECT_EQ(boost::json::parse(answer), boost::json::parse(plain));
    // A batch is padded as a whole, a notification too.
    EXPECT_EQ(client.Ask(R"([{"id":1,"method":"server.ping"}])").size() + 1, 1024u);
    client.Call("blockchain.headers.subscribe");
    server.world.Mine();
    server.Announce();
    EXPECT_EQ(client.ReadLine()->size() + 1, 1024u);
}

}  // namespace
}  // namespace amber::test
