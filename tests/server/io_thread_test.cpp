// One I/O thread by itself: run by hand, step by step, or by its own thread.
#include "server/session/io_thread.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <latch>
#include <thread>

#include "tests/server/test_server.h"

namespace amber::test {
namespace {

using namespace std::chrono_literals;
using Packets = std::vector<std::string>;

/// A client whose socket keeps apart what was written apart.
class PacketClient {
public:
    /// The other end, for the server.
    static std::pair<PacketClient, server::Descriptor> Make() {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
            throw std::runtime_error("cannot make a socket");
        return {PacketClient(ends[0]), server::Descriptor(ends[1])};
    }
    void Send(const std::string& bytes) const {
        ASSERT_EQ(send(socket_.Get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    /// All that has come, a text for each write.
    [[nodiscard]] Packets Take() const {
        Packets packets;
        std::string buffer(1 << 20, 0);
        for (;;) {
            const ssize_t size = recv(socket_.Get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (size <= 0) return packets;
            packets.push_back(buffer.substr(0, static_cast<std::size_t>(size)));
        }
    }

private:
    explicit PacketClient(int socket) : socket_(socket) {}
    server::Descriptor socket_;
};

struct IoThreadTest : testing::Test {
    FakeWorld world;
    FakeWalletNode node;
    server::ServerOptions options;
    std::shared_ptr<server::Shared> shared;
    std::shared_ptr<server::IoThread> thread;

    void Make(index::ViewPtr view) {
        shared = std::make_shared<server::Shared>(std::make_shared<server::Services>(
            options, *index::FindCoin("bitcoin", "regtest"), node, [](const auto&) {}, nullptr));
        thread =
            std::make_shared<server::IoThread>(0, shared, server::MakeServedView(std::move(view)));
    }
    /// To the thread alone; what it serves now.
    server::ServedViewPtr Announce(std::shared_ptr<const index::Announcement> announcement) {
        auto served = server::MakeServedView(announcement->view);
        thread->OnView(served, std::move(announcement));
        return served;
    }
};

// The header of a block and its statuses

struct HoldTest : IoThreadTest {
    static constexpr unsigned kScripts = 200;  ///< more than have their turn at once
    std::vector<ScriptHash> scripts;
    std::optional<PacketClient> client;

    /// With a client that has subscribed to headers and all scripts.
    void Begin(std::chrono::milliseconds hold) {
        options.header_hold = hold;
        Make(world.Publish());
        shared->pool.Start(server::MakeServedView(world.Publish()));
        auto [near, far] = PacketClient::Make();
        client.emplace(std::move(near));
        ++shared->sessions;
        thread->Adopt({.kind = server::TransportKind::tcp,
                       .peer = "unix",
                       .guest = shared->guests.Enter(std::nullopt, 0),
                       .descriptor = std::move(far),
                       .tls = {},
                       .upgrade = {}});
        std::string lines = R"({"id":0,"method":"blockchain.headers.subscribe"})"
                            "\n";
        for (unsigned n = 0; n < kScripts; ++n) {
            scripts.push_back(MakeScript(n));
            lines += R"({"id":0,"method":"blockchain.scripthash.subscribe","params":[)" +
                     Quoted(scripts.back()) + "]}\n";
        }
        client->Send(lines);
        Run();
        std::size_t answers = 0;
        for (const std::string& packet : client->Take()) answers += LinesOf(packet);
        ASSERT_EQ(answers, kScripts + 1);
    }
    void TearDown() override {
        client.reset();
        if (thread) Run();
    }

    /// All there is to do now.
    void Run() {
        thread->Context().restart();
        thread->Context().poll();
    }
    /// Of that, what comes first.
    void RunOne() {
        thread->Context().restart();
        ASSERT_EQ(thread->Context().poll_one(), 1u);
    }
    /// A block that changes the status of so many scripts.
    void Mine(unsigned count = kScripts) {
        world.Mine();
        const auto height = static_cast<unsigned>(world.Draft().headers.size() - 1);
        for (unsigned n = 0; n < count; ++n)
            world.Add(scripts[n], MakeTxid(n + kScripts * height),
                      static_cast<std::int32_t>(height));
        shared->pool.SetView(Announce(world.Announce({scripts.begin(), scripts.begin() + count})));
    }

    static std::size_t LinesOf(const std::string& packet) {
        return static_cast<std::size_t>(std::ranges::count(packet, '\n'));
    }
    static bool BeginsWithHeader(const std::string& packet) {
        return packet.starts_with(R"({"jsonrpc":"2.0","method":"blockchain.headers.subscribe")");
    }
};

TEST_F(HoldTest, TheHeaderLeavesInOneWriteWithStatusesThatAreAtHand) {
    Begin(1h);
    Mine();
    RunOne();
    EXPECT_EQ(client->Take(), Packets()) << "it waits for the others";
    Run();
    const auto packets = client->Take();
    ASSERT_EQ(packets.size(), 1u);
    EXPECT_TRUE(BeginsWithHeader(packets[0]));
    EXPECT_EQ(LinesOf(packets[0]), kScripts + 1);
    EXPECT_EQ(packets[0].find("headers.subscribe", 60), std::string::npos);
}

TEST_F(HoldTest, WhatTakesLongerIsNotWaitedFor) {
    Begin(server::ServerOptions().header_hold);
    world.Cold().memory_delay_us = 1000;  // longer than it is held, before all have been tried
    Mine();
    RunOne();
    const auto packets = client->Take();
    ASSERT_EQ(packets.size(), 1u);
    EXPECT_TRUE(BeginsWithHeader(packets[0]));
    const std::size_t with_it = LinesOf(packets[0]);
    EXPECT_GT(with_it, 1u);
    EXPECT_LT(with_it, kScripts + 1);
    world.Cold().memory_delay_us = 0;
    Run();
    std::size_t later = 0;
    for (const std::string& packet : client->Take()) later += LinesOf(packet);
    EXPECT_EQ(with_it + later, kScripts + 1);
}

TEST_F(HoldTest, WhatIsOnTheDiskIsNotWaitedFor) {
    Begin(1h);
    world.Cold().percent = 100;
    constexpr unsigned kSome = 10;
    Mine(kSome);
    RunOne();
    const auto packets = client->Take();
    ASSERT_EQ(packets.size(), 1u);
    EXPECT_TRUE(BeginsWithHeader(packets[0]));
    EXPECT_EQ(LinesOf(packets[0]), 1u);
    std::size_t later = 0;
    EXPECT_TRUE(Eventually([&] {
        Run();
        for (const std::string& packet : client->Take()) later += LinesOf(packet);
        return later == kSome;
    })) << later;
}

TEST_F(HoldTest, AnotherBlockDoesNotMakeItLonger) {
    constexpr auto kHold = 50ms;
    Begin(kHold);
    Mine();
    Mine();
    RunOne();
    std::this_thread::sleep_for(kHold);
    RunOne();
    std::size_t lines = 0;
    for (const std::string& packet : client->Take()) lines += LinesOf(packet);
    EXPECT_GE(lines, 2u) << "both headers";
}

// Views that have been replaced

std::string ThreadName() {
    char name[16] = "";
    pthread_getname_np(pthread_self(), name, sizeof name);
    return name;
}

/// Threads that have taken views apart. Thread-safe.
class Ends {
public:
    void Add(const std::string& thread) {
        const std::lock_guard lock(mutex_);
        threads_.push_back(thread);
    }
    [[nodiscard]] std::vector<std::string> Threads() const {
        const std::lock_guard lock(mutex_);
        return threads_;
    }
    /// How many of these were threads of that name.
    [[nodiscard]] std::size_t Count(const std::string& name) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            Threads(), [&](const auto& thread) { return thread.starts_with(name); }));
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> threads_;
};

struct WatchedView : FakeView {
    WatchedView(const FakeView& of, Ends& told) : FakeView(of), ends(told) {}
    ~WatchedView() { ends.Add(ThreadName()); }
    Ends& ends;
};

index::ViewPtr Watched(const index::ViewPtr& view, Ends& ends) {
    return std::make_shared<WatchedView>(static_cast<const FakeView&>(*view), ends);
}

std::shared_ptr<const index::Announcement> Watched(
    const std::shared_ptr<const index::Announcement>& announcement, Ends& ends) {
    auto watched = std::make_shared<index::Announcement>(*announcement);
    watched->view = Watched(announcement->view, ends);
    return watched;
}

struct RetiredViewsTest : IoThreadTest {
    Ends ends;

    /// With views that nobody else holds.
    void Begin() {
        options.write_timeout = 1s;  // what is due now and then is due each quarter of it
        Make(Watched(world.Publish(), ends));
        shared->pool.Start(server::MakeServedView(world.Publish()));
        thread->Start();
    }
    void Replace() { Announce(Watched(world.Announce({}), ends)); }
    /// The last views go while there is somebody to tell.
    void TearDown() override {
        thread->Stop();
        thread.reset();
        shared.reset();
    }
};

TEST_F(RetiredViewsTest, ThePoolTakesThemApart) {
    Begin();
    for (int n = 0; n < 10; ++n) Replace();
    EXPECT_TRUE(Eventually([&] { return ends.Threads().size() == 10; }));
    EXPECT_EQ(ends.Count("query-"), 10u) << "all but the newest";
}

/// Keeps the pool's thread busy, and its queue full, to the end of its life.
class FullPool {
public:
    explicit FullPool(server::QueryPool& pool) {
        EXPECT_TRUE(pool.Submit(1, [begun = begun_, end = end_](const auto&, auto&) {
            begun->count_down();
            end->wait();
        }));
        begun_->wait();
        EXPECT_TRUE(pool.Submit(2, [](const auto&, auto&) {}));
        EXPECT_FALSE(pool.Submit(server::QueryPool::kOwn, [](const auto&, auto&) {}));
    }
    ~FullPool() { end_->count_down(); }
    FullPool(const FullPool&) = delete;

private:
    const std::shared_ptr<std::latch> begun_ = std::make_shared<std::latch>(1),
                                      end_ = std::make_shared<std::latch>(1);
};

TEST_F(RetiredViewsTest, WhenThePoolIsFullTheyWait) {
    options.query_threads = 1;
    options.query_queue = 1;
    Begin();
    {
        const FullPool full(shared->pool);
        Replace();
        std::this_thread::sleep_for(600ms);  // is due twice
        EXPECT_EQ(ends.Threads(), std::vector<std::string>());
    }
    EXPECT_TRUE(Eventually([&] { return ends.Threads().size() == 1; }));
    EXPECT_EQ(ends.Count("query-"), 1u);
}

TEST_F(RetiredViewsTest, NotMoreThanABoundWait) {
    options.query_threads = 1;
    options.query_queue = 1;
    Begin();
    constexpr std::size_t kMost = server::IoThread::kMostRetired, kMore = 5;
    {
        const FullPool full(shared->pool);
        for (std::size_t n = 0; n < kMost + kMore; ++n) Replace();
        EXPECT_TRUE(Eventually([&] { return ends.Threads().size() == kMore; }));
        EXPECT_EQ(ends.Count("io-"), kMore);
    }
    EXPECT_TRUE(Eventually([&] { return ends.Threads().size() == kMost + kMore; }));
    EXPECT_EQ(ends.Count("query-"), kMost);
}

/// Whoever else has looked at them.
TEST(RetiredViews, OfAWholeServerNoneStays) {
    Ends ends;
    TestServer server;
    server.options.write_timeout = 1s;
    server.Start();
    server.world.Cold().percent = 50;
    std::vector<TestClient> clients;
    for (int n = 0; n < 6; ++n) clients.push_back(server.Connect());
    constexpr unsigned kViews = 40;
    for (unsigned view = 0; view < kViews; ++view) {
        const ScriptHash script = MakeScript(view);
        for (TestClient& client : clients)
            client.SendLine(R"({"id":1,"method":"blockchain.scripthash.subscribe","params":[)" +
                            Quoted(script) + "]}");
        if (view % 2 == 0) server.world.Mine();
        server.world.Add(script, MakeTxid(view), 0);
        server.Server().OnAnnouncement(Watched(server.world.Announce({script}), ends));
        for (TestClient& client : clients) ASSERT_TRUE(client.ReadLine());
    }
    EXPECT_TRUE(Eventually([&] { return ends.Threads().size() == kViews - 1; }))
        << ends.Threads().size() << " of " << kViews << ", of which the newest stays";
    EXPECT_EQ(ends.Count("io-"), 0u);
}

}  // namespace
}  // namespace amber::test
