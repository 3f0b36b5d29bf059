// Sessions that cost much, of their own or of their group, and those beside them.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/json.hpp>
#include <thread>

#include "tests/server/test_server.h"

namespace amber::test {
namespace {

using namespace std::chrono_literals;
using server::Bound;
using Clock = std::chrono::steady_clock;

constexpr const char* kOver =
    R"({"jsonrpc":"2.0","id":null,"error":{"code":-101,"message":"excessive resource usage"}})";
// In three groups.
constexpr const char* kGreedy = "127.0.1.1";
constexpr const char* kNeighbour = "127.0.1.2";
constexpr const char* kHonest = "127.0.2.1";

struct CostTest : testing::Test {
    TestServer server;

    CostTest() {
        server.options.exempt = {};
        server.options.cost_soft_limit = 0;
    }
    /// Each costs one unit and next to no time.
    static std::string BadRequests(int count) {
        std::string lines;
        for (int n = 0; n < count; ++n)
            lines += R"({"id":)" + std::to_string(n) + R"(,"method":"none"})" + "\n";
        return lines;
    }
    static Clock::duration TimeOf(TestClient& client, int requests) {
        const auto start = Clock::now();
        for (int n = 0; n < requests; ++n) EXPECT_EQ(client.Ask(kPing), kPong);
        return Clock::now() - start;
    }
    /// Reads to the end; the last line.
    static std::string LastOf(TestClient& client) {
        std::string last;
        while (auto line = client.ReadLine()) last = *line;
        return last;
    }
};

TEST_F(CostTest, TheHardLimitCloses) {
    server.options.cost_hard_limit = 300;
    server.Start();
    TestClient greedy = server.Connect(kGreedy), honest = server.Connect(kHonest);
    greedy.Send(BadRequests(250));
    for (int n = 0; n < 250; ++n) ASSERT_TRUE(greedy.ReadLine());
    EXPECT_EQ(greedy.Ask(kPing), kPong) << "not there yet";
    greedy.Send(BadRequests(100));
    EXPECT_EQ(LastOf(greedy), kOver);
    EXPECT_EQ(server.Hits(Bound::cost_hard_limit), 1u);
    EXPECT_EQ(honest.Ask(kPing), kPong);
}

TEST_F(CostTest, AGroupRemembersWhatIsGone) {
    server.options.cost_hard_limit = 300;
    server.Start();
    // Well over twice the limit, as some is forgiven meanwhile.
    const auto cost = [&] {
        const auto groups = server.Server().Groups();
        return groups.empty() ? 0 : groups[0].cost;
    };
    for (int n = 0; n < 20 && cost() < 650; ++n) {
        TestClient greedy = server.Connect(kGreedy);
        greedy.Send(BadRequests(200));
        for (int i = 0; i < 200 && greedy.ReadLine(); ++i) {
        }
    }
    ASSERT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 0; }));
    TestClient again = server.Connect(kNeighbour);
    EXPECT_EQ(again.ReadLine(), std::nullopt) << "not let in";
    EXPECT_EQ(server.Connect(kHonest).Ask(kPing), kPong);
    const auto groups = server.Server().Groups();
    ASSERT_FALSE(groups.empty());
    EXPECT_EQ(groups[0].name, "127.0.1.0/24");
    EXPECT_GT(groups[0].cost, 600);
}

TEST_F(CostTest, TheSoftLimitSlowsAndIsForgiven) {
    server.options.cost_soft_limit = 10;
    server.options.cost_hard_limit = 10'000;
    server.Start();
    TestClient greedy = server.Connect(kGreedy), honest = server.Connect(kHonest);
    TestClient neighbour = server.Connect(kNeighbour);
    EXPECT_LT(TimeOf(greedy, 20), 1s);
    greedy.Send(BadRequests(1000));
    for (int n = 0; n < 1000; ++n) ASSERT_TRUE(greedy.ReadLine());
    // A tenth of the way: a pause of a quarter of a second after each turn that cost something.
    greedy.Send(BadRequests(1));
    greedy.ReadLine();
    EXPECT_GT(TimeOf(greedy, 1), 150ms);
    EXPECT_GT(server.Hits(Bound::cost_soft_limit), 0u);
    EXPECT_LT(TimeOf(honest, 20), 1s);
    neighbour.Send(BadRequests(1));
    neighbour.ReadLine();
    EXPECT_GT(TimeOf(neighbour, 1), 150ms) << "the group is slowed as one";
    server.options.cost_soft_limit = 5000;
    server.Server().SetLimits(server.options);
    TimeOf(greedy, 1);
    EXPECT_LT(TimeOf(greedy, 20), 1s) << "the operator has changed it under way";
}

/// While it pauses nothing is read, so that TCP pushes back.
TEST_F(CostTest, ASlowedSessionIsNotRead) {
    server.options.cost_soft_limit = 1;
    server.options.cost_hard_limit = 5'000;
    server.Start();
    TestClient greedy = server.Connect(kGreedy);
    const timeval soon{0, 200'000};
    setsockopt(greedy.Descriptor(), SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
    std::size_t sent = 0;
    const std::string piece = BadRequests(1000);
    std::thread reader([&] {
        while (greedy.ReadLine()) {
        }
    });
    const auto start = Clock::now();
    try {
        while (Clock::now() - start < 5s) {
            greedy.Send(piece);
            sent += piece.size();
        }
        ADD_FAILURE() << sent << " bytes were read";
    } catch (const std::runtime_error&) {
    }
    EXPECT_EQ(server.Server().Stats().sessions, 1u) << "slowed, not closed";
    shutdown(greedy.Descriptor(), SHUT_RDWR);
    reader.join();
}

TEST_F(CostTest, ExemptOnesPayNothing) {
    server.options.exempt = {*server::Subnet::Parse("127.0.1.0/24")};
    server.options.cost_soft_limit = 10;
    server.options.cost_hard_limit = 50;
    server.options.max_sessions_per_ip = 1;
    server.Start();
    TestClient own = server.Connect(kGreedy), too = server.Connect(kGreedy);
    own.Send(BadRequests(2000));
    for (int n = 0; n < 2000; ++n) ASSERT_TRUE(own.ReadLine());
    EXPECT_LT(TimeOf(too, 20), 1s);
    EXPECT_EQ(server.Server().Sessions().at(0).group, "");
}

TEST_F(CostTest, WorkAndBytesCost) {
    server.options.banner = std::string(1'000'000, 'b');
    server.Start();
    TestClient client = server.Connect(kGreedy);
    for (int n = 0; n < 30; ++n) client.Call("server.banner");
    EXPECT_TRUE(Eventually([&] {
        const auto sessions = server.Server().Sessions();
        return sessions.at(0).cost > 250;  // 30 MB, and what is forgiven meanwhile
    })) << server.Server().Sessions().at(0).cost;
    EXPECT_EQ(server.Server().Sessions().at(0).group, "127.0.1.0/24");
}

TEST_F(CostTest, ReadsOfTheDiskCost) {
    server.world.Cold().percent = 100;
    server.Start();
    TestClient client = server.Connect(kGreedy);
    for (unsigned n = 0; n < 400; ++n)
        client.Call("blockchain.scripthash.get_balance", "[" + Quoted(MakeScript(n)) + "]");
    EXPECT_GT(server.Server().Sessions().at(0).cost, 15);
}

/// An operator's own wallets find room when others do not.
TEST_F(CostTest, RoomForTheExempt) {
    server.options.exempt = {*server::Subnet::Parse(kHonest)};
    server.options.max_sessions = 10;
    server.Start();
    std::vector<TestClient> others;
    for (int n = 0; n < 10; ++n) {
        others.push_back(server.Connect(kGreedy));
        EXPECT_EQ(others.back().Ask(kPing), kPong);
    }
    EXPECT_EQ(server.Connect(kGreedy).ReadLine(), std::nullopt);
    TestClient own = server.Connect(kHonest);
    EXPECT_EQ(own.Ask(kPing), kPong);
    EXPECT_EQ(server.Connect(kHonest).ReadLine(), std::nullopt) << "a tenth more, no more";
    EXPECT_EQ(server.Hits(Bound::max_sessions), 2u);
}

TEST_F(CostTest, WhoIsExemptIsDecidedWhenAConnectionComes) {
    server.options.max_sessions_per_ip = 1;
    server.Start();
    TestClient counted = server.Connect(kGreedy);
    EXPECT_EQ(counted.Ask(kPing), kPong);
    EXPECT_EQ(server.Connect(kGreedy).ReadLine(), std::nullopt);
    server.Server().SetExempt({*server::Subnet::Parse("127.0.1.0/24")});
    TestClient exempt = server.Connect(kGreedy);
    EXPECT_EQ(exempt.Ask(kPing), kPong);
    server.Server().SetExempt({});
    EXPECT_EQ(server.Connect(kGreedy).ReadLine(), std::nullopt);
    const auto sessions = server.Server().Sessions();
    ASSERT_EQ(sessions.size(), 2u) << "those that are open stay";
    EXPECT_EQ(sessions[0].group, "127.0.1.0/24");
    EXPECT_EQ(sessions[1].group, "");
}

// Bans

TEST_F(CostTest, ABanClosesAndRefuses) {
    server.Start();
    TestClient one = server.Connect(kGreedy), two = server.Connect(kNeighbour);
    TestClient honest = server.Connect(kHonest);
    for (TestClient* client : {&one, &two, &honest}) EXPECT_EQ(client->Ask(kPing), kPong);
    const server::Subnet subnet = *server::Subnet::Parse("127.0.1.0/24");
    EXPECT_EQ(server.Server().AddBan({subnet, std::nullopt}), 2u);
    EXPECT_EQ(one.ReadLine(), std::nullopt);
    EXPECT_EQ(two.ReadLine(), std::nullopt);
    EXPECT_EQ(server.Connect(kGreedy).ReadLine(), std::nullopt);
    EXPECT_EQ(server.Hits(Bound::ban), 1u);
    EXPECT_EQ(honest.Ask(kPing), kPong);
    EXPECT_EQ(server.Server().Bans().size(), 1u);
    EXPECT_TRUE(server.Server().RemoveBan(subnet));
    EXPECT_EQ(server.Connect(kGreedy).Ask(kPing), kPong);
}

}  // namespace
}  // namespace amber::test
