// Clients that send garbage, too much, or take nothing. Each must get the right error or a clean
// close, memory must stay bounded, and an honest client beside them must not notice.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/json.hpp>
#include <thread>

#include "tests/server/test_server.h"
#include "tests/support/sanitized.h"

namespace amber::test {
namespace {

constexpr std::size_t kMegabyte = 1 << 20;
// Sanitized: shadow memory, quarantine.
constexpr std::size_t kMemoryMargin = (kSanitized ? 250 : 40) * kMegabyte;

struct HostileTest : testing::Test {
    TestServer server;

    void ExpectHonestClientServed() {
        TestClient honest = server.Connect();
        EXPECT_EQ(honest.Ask(kPing), kPong);
    }
    static std::string ErrorLine(int code, const std::string& message) {
        return R"({"jsonrpc":"2.0","id":null,"error":{"code":)" + std::to_string(code) +
               R"(,"message":")" + message + "\"}}";
    }
};

TEST_F(HostileTest, GarbageIsNamedAndSurvived) {
    server.Start();
    TestClient client = server.Connect();
    EXPECT_EQ(client.Ask("GET / HTTP/1.1"), ErrorLine(-32700, "invalid JSON"));
    EXPECT_EQ(client.Ask("{\"id\":\"\xff\"}"), ErrorLine(-32700, "invalid UTF-8"));
    EXPECT_EQ(client.Ask(std::string(5000, '[')), ErrorLine(-32700, "JSON nested too deeply"));
    EXPECT_EQ(client.Ask("17"), ErrorLine(-32600, "request is not an object"));
    std::string values = "[1";
    for (int i = 0; i < 200'000; ++i) values += ",1";
    EXPECT_EQ(client.Ask(values + "]"), ErrorLine(4, "too many JSON values in one message"));
    client.Send(" \t \r\n\n\r\n");  // padding
    EXPECT_EQ(client.Ask(std::string("  ") + kPing + "   \r"), kPong);
}

TEST_F(HostileTest, BytesInAnyPortions) {
    server.Start();
    TestClient client = server.Connect();
    for (const char c : std::string(kPing) + "\n") client.Send({&c, 1});
    EXPECT_EQ(client.ReadLine(), kPong);
    std::string many;
    for (int i = 0; i < 5000; ++i) many += std::string(kPing) + "\n";
    client.Send(many);
    for (int i = 0; i < 5000; ++i) ASSERT_EQ(client.ReadLine(), kPong);
}

TEST_F(HostileTest, ALongLineIsSkipped) {
    server.options.max_receive_bytes = 100'000;
    server.Start();
    TestClient client = server.Connect();
    EXPECT_EQ(client.Ask(std::string(300'000, 'x')), ErrorLine(-32600, "request too long"));
    EXPECT_EQ(client.Ask(kPing), kPong);
    // The longest allowed.
    const std::string request =
        R"({"id":1,"method":"blockchain.transaction.broadcast","params":[")";
    const std::string raw_tx(100'000 - request.size() - 3, 'a');
    EXPECT_NE(client.Ask(request + raw_tx + "\"]}").find("No such mempool"), std::string::npos);
}

TEST_F(HostileTest, AHundredMegabytesWithoutNewline) {
    server.Start();
    ExpectHonestClientServed();
    const std::size_t before = ResidentBytes();
    std::size_t peak = before, sent = 0;
    TestClient client = server.Connect();
    const std::string piece(kMegabyte, 'x');
    try {
        for (; sent < 100 * kMegabyte; sent += piece.size()) {
            client.Send(piece);
            peak = std::max(peak, ResidentBytes());
        }
        FAIL() << "took all of it";
    } catch (const std::runtime_error&) {
    }
    EXPECT_LT(sent, 60 * kMegabyte);
    EXPECT_LT(peak - before, kMemoryMargin);
    ExpectHonestClientServed();
}

TEST_F(HostileTest, ManyHalfLinesShareABound) {
    server.options.max_buffered_bytes = 20 * kMegabyte;
    server.Start();
    const std::string piece(kMegabyte, 'x');
    std::vector<TestClient> clients;
    std::size_t refused = 0;
    for (int i = 0; i < 40; ++i) {
        clients.push_back(server.Connect());
        try {
            for (int n = 0; n < 4; ++n) clients.back().Send(piece);
        } catch (const std::runtime_error&) {
            ++refused;
        }
    }
    EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions <= 10; }))
        << server.Server().Stats().sessions;
    ExpectHonestClientServed();
}

TEST_F(HostileTest, AReaderThatNeverReads) {
    server.options.banner = std::string(200'000, 'b');
    server.options.write_timeout = std::chrono::seconds(1);
    server.Start();
    ExpectHonestClientServed();
    const std::size_t before = ResidentBytes();
    std::vector<TestClient> clients;
    std::string requests;
    for (int i = 0; i < 2000; ++i)
        requests += R"({"id":1,"method":"server.banner"})"
                    "\n";
    for (int i = 0; i < 10; ++i) {  // 4 GB of answers asked for
        clients.push_back(server.Connect());
        clients.back().Send(requests);
    }
    std::size_t peak = before;
    EXPECT_TRUE(Eventually([&] {
        peak = std::max(peak, ResidentBytes());
        return server.Server().Stats().sessions == 0;
    })) << "not dropped";
    EXPECT_LT(peak - before, kMemoryMargin);
    ExpectHonestClientServed();
}

TEST_F(HostileTest, NotificationsNobodyTakes) {
    server.options.output_close_bytes = 100'000;
    server.Start();
    TestClient client = server.Connect();
    const int small = 4096;
    setsockopt(client.Descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    std::vector<ScriptHash> scripts;
    for (unsigned n = 0; n < 2000; ++n) {
        scripts.push_back(MakeScript(n));
        client.Call("blockchain.scripthash.subscribe", "[" + Quoted(scripts.back()) + "]");
    }
    EXPECT_TRUE(Eventually([&] {
        for (const ScriptHash& script : scripts)
            server.world.Draft().history[script] = {
                {.txid = MakeTxid(static_cast<unsigned>(std::rand())), .height = 0}};
        server.Announce(scripts);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return server.Server().Stats().sessions == 0;
    }));
}

TEST_F(HostileTest, HalfClosedSocketsGetTheirAnswers) {
    server.world.Cold().percent = 100;
    server.world.Cold().disk_delay_us = 20'000;
    server.Start();
    TestClient client = server.Connect();
    const std::string balance =
        R"("method":"blockchain.scripthash.get_balance","params":[)" + Quoted(MakeScript(1)) + "]}";
    std::string requests;
    for (int i = 0; i < 20; ++i) requests += "{\"id\":" + std::to_string(i) + "," + balance + "\n";
    client.Send(requests + kPing);  // the last without a newline
    client.EndInput();
    int answers = 0;
    while (client.ReadLine()) ++answers;
    EXPECT_EQ(answers, 21);
    EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 0; }));
}

TEST_F(HostileTest, ResetsAndSuddenCloses) {
    server.world.Cold().percent = 50;
    server.world.Cold().disk_delay_us = 1000;
    server.Start();
    for (int i = 0; i < 200; ++i) {
        TestClient client = server.Connect();
        if (i % 2 == 0) {
            const linger now{1, 0};
            setsockopt(client.Descriptor(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        }
        for (int n = 0; n < i % 5; ++n)
            client.SendLine(R"({"id":1,"method":"blockchain.scripthash.subscribe","params":[)" +
                            Quoted(MakeScript(static_cast<unsigned>(i))) + "]}");
    }
    EXPECT_TRUE(Eventually([&] {
        const auto stats = server.Server().Stats();
        return stats.sessions == 0 && stats.subscriptions == 0;
    }));
    ExpectHonestClientServed();
}

}  // namespace
}  // namespace amber::test
