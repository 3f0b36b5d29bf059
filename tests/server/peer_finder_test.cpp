// PeerFinders behind real listeners, over sockets, in one process.
#include "server/peers/peer_finder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <future>
#include <memory>

#include "server/peers/peer_file.h"
#include "tests/server/test_server.h"

namespace amber::test {
namespace {

namespace asio = boost::asio;
using server::PeerFinder;
using server::PeerHost;
using server::PeerStatus;
using Clock = std::chrono::steady_clock;

const index::Coin& Regtest() { return *index::FindCoin("bitcoin", "regtest"); }

std::filesystem::path MakeFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "amber-finder-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("cannot make " + name);
    return name;
}

/// Listens on an address of its own, so that each can be known by one.
std::uint16_t FreePort(const std::string& host) {
    asio::io_context context;
    asio::ip::tcp::acceptor probe(context, {asio::ip::make_address(host), 0});
    return probe.local_endpoint().port();
}

/// A server that is public at `host`, and looks for others.
struct Public {
    const PeerHost us;
    TestServer server;
    std::unique_ptr<PeerFinder> finder;

    explicit Public(const std::string& host) : us{host, FreePort(host), 0} {
        for (int blocks = 0; blocks < 20; ++blocks) server.world.Mine();
        server.options.listeners = {{server::TransportKind::tcp, host, us.tcp_port}};
        server.options.public_hosts = {{.name = host, .tcp_port = us.tcp_port}};
    }
    ~Public() { Stop(); }

    server::PeerOptions Options(const std::filesystem::path& folder) const {
        server::PeerOptions options;
        options.software = server.options.software;
        options.public_hosts = server.options.public_hosts;
        options.local_addresses = {asio::ip::make_address(us.name)};
        options.file = folder / (us.name + ".json");
        options.private_too = true;
        return options;
    }
    void Start(server::PeerOptions options) {
        finder = std::make_unique<PeerFinder>(std::move(options), Regtest());
        server.peers = finder.get();
        server.Start();
        finder->Start([view = server.world.Publish()] { return view; });
    }
    void Stop() {
        if (finder) finder->Stop();
        server.Stop();
        finder.reset();
    }
    PeerStatus StatusOf(const std::string& host) const {
        const auto now = finder->Current();
        for (const auto& row : now->rows)
            if (row.entry.host.name == host && !row.entry.busy) return row.status;
        return PeerStatus::never;
    }
    bool HasTrouble(const std::string& host) const {
        const auto now = finder->Current();
        for (const auto& row : now->rows)
            if (row.entry.host.name == host) return !row.entry.trouble.empty();
        return false;
    }
    std::string Listing() const { return finder->Current()->listing.usual; }
};

const std::string kOnion = std::string(56, 'a') + ".onion";

/// A file of before, with peers that were good just now.
void WriteBook(const std::filesystem::path& file, const std::vector<PeerHost>& hosts) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    server::PeerBook book(server::PeerTimes{});
    for (const PeerHost& host : hosts)
        book.Restore({.host = host, .last_good = now, .last_try = now}, now);
    ASSERT_EQ(server::SavePeers(file, Regtest().genesis, book), std::nullopt);
}

/// What became of server.add_peer.
bool Accepts(PeerFinder& finder, const PeerHost& host, const char* caller) {
    server::PeerFeatures features;
    features.genesis = Regtest().genesis;
    features.hosts = {host};
    const auto accepted = std::make_shared<std::promise<bool>>();
    finder.Offer(features, asio::ip::make_address(caller),
                 [accepted](bool taken) { accepted->set_value(taken); });
    return accepted->get_future().get();
}

struct PeerFinderTest : testing::Test {
    const std::filesystem::path folder = MakeFolder();
    ~PeerFinderTest() override { std::filesystem::remove_all(folder); }
};

TEST_F(PeerFinderTest, TwoFindEachOtherAndKnowItAfterARestart) {
    Public one("127.1.0.1"), other("127.2.0.1");
    one.Start(one.Options(folder));
    auto options = other.Options(folder);
    options.seeds = {one.us};
    other.Start(options);
    ASSERT_TRUE(Eventually([&] { return other.StatusOf(one.us.name) == PeerStatus::good; }));
    ASSERT_TRUE(Eventually([&] { return one.StatusOf(other.us.name) == PeerStatus::good; }))
        << "it was not told of the other";
    EXPECT_NE(one.Listing().find(other.us.name), std::string::npos);
    // By name, of all known: a look at oneself would be one more.
    EXPECT_EQ(one.finder->Current()->rows.size(), 1U);
    other.Stop();
    other.Start(other.Options(folder));
    EXPECT_NE(other.Listing().find(one.us.name), std::string::npos);
}

TEST_F(PeerFinderTest, OnAnotherChainIsNotListed) {
    Public one("127.1.0.1"), other("127.2.0.1");
    other.server.world.Draft().headers[10][40] ^= 1;  // ten blocks below the tip
    other.Start(other.Options(folder));
    auto options = one.Options(folder);
    options.seeds = {other.us};
    one.Start(options);
    ASSERT_TRUE(Eventually([&] { return one.StatusOf(other.us.name) == PeerStatus::bad; }));
    EXPECT_EQ(one.Listing().find(other.us.name), std::string::npos);
}

TEST_F(PeerFinderTest, EndsAtOnceWhilePeersAreSilent) {
    asio::io_context context;
    asio::ip::tcp::acceptor silent(context, {asio::ip::make_address("127.3.0.1"), 0});
    Public one("127.1.0.1");
    auto options = one.Options(folder);
    options.seeds = {{"127.3.0.1", silent.local_endpoint().port(), 0}};
    one.Start(options);
    const auto connected = silent.accept();
    const auto begin = Clock::now();
    one.Stop();
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(PeerFinderTest, ASilentPeerIsGivenUp) {
    asio::io_context context;
    asio::ip::tcp::acceptor silent(context, {asio::ip::make_address("127.3.0.1"), 0});
    Public one("127.1.0.1");
    auto options = one.Options(folder);
    options.visit_limit = std::chrono::seconds(1);
    // Both ports are tried, each with a limit of its own.
    const std::uint16_t port = silent.local_endpoint().port();
    options.seeds = {{"127.3.0.1", port, port}};
    one.Start(options);
    EXPECT_TRUE(Eventually([&] { return one.HasTrouble("127.3.0.1"); }));
    const auto now = one.finder->Current();
    EXPECT_EQ(now->rows.front().entry.trouble, "ssl " + std::to_string(port) +
                                                   ": cannot connect in time; tcp " +
                                                   std::to_string(port) + ": no answer in time");
}

TEST_F(PeerFinderTest, PrivateAddressesAreLeftAlone) {
    Public one("127.1.0.1");
    auto options = one.Options(folder);
    options.private_too = false;
    options.seeds = {{"127.2.0.1", 1, 0}, {"10.0.0.1", 1, 0}};
    one.Start(options);
    EXPECT_EQ(one.finder->Add({"192.168.0.1", 1, 0}), "its address is not public");
    EXPECT_TRUE(one.finder->Add({std::string(56, 'a') + ".onion", 1, 0}));
    EXPECT_TRUE(one.finder->Current()->rows.empty());
    EXPECT_EQ(one.Listing(), "[]") << "nor are we public there";
}

/// We have the name of one now, and no proxy for the other, which would be asked of a name server.
TEST_F(PeerFinderTest, WhoIsNoPeerAnyMoreIsNotTakenFromTheFile) {
    Public one("127.1.0.1");
    const auto options = one.Options(folder);
    WriteBook(options.file, {{one.us.name, 1, 0}, {kOnion, 1, 0}, {"127.2.0.1", 1, 0}});
    one.Start(options);
    const auto rows = one.finder->Current()->rows;
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows.front().entry.host.name, "127.2.0.1");
    EXPECT_EQ(one.Listing().find(kOnion), std::string::npos);
}

TEST_F(PeerFinderTest, AStrangerDoesNotMoveAnOnion) {
    Public one("127.1.0.1");
    auto options = one.Options(folder);
    options.proxy = server::PeerOptions::Proxy{"127.0.0.1", 1};
    WriteBook(options.file, {{kOnion, 50001, 0}});
    one.Start(options);
    ASSERT_TRUE(Accepts(*one.finder, {kOnion, 1, 0}, "127.0.0.1"));
    EXPECT_NE(one.Listing().find("t50001"), std::string::npos) << one.Listing();
}

TEST_F(PeerFinderTest, AForgedOfferDoesNotCount) {
    Public one("127.1.0.1");
    auto options = one.Options(folder);
    options.proxy = server::PeerOptions::Proxy{"127.0.0.1", 1};
    one.Start(options);
    const PeerHost host{"127.9.9.9", 1, 0}, onion{kOnion, 1, 0};
    EXPECT_FALSE(Accepts(*one.finder, host, "127.9.9.8"));
    EXPECT_TRUE(Accepts(*one.finder, host, "127.9.9.9"));
    EXPECT_FALSE(Accepts(*one.finder, host, "127.9.9.9")) << "once in ten minutes";
    EXPECT_FALSE(Accepts(*one.finder, onion, "8.8.8.8")) << "not through Tor";
    EXPECT_TRUE(Accepts(*one.finder, onion, "127.0.0.1"));
}

TEST_F(PeerFinderTest, ByItself) {
    Public one("127.1.0.1"), other("127.2.0.1");
    auto options = one.Options(folder);
    options.mode = server::PeerOptions::Mode::self;
    options.seeds = {other.us};
    one.Start(options);
    EXPECT_NE(one.Listing().find(one.us.name), std::string::npos);
    EXPECT_TRUE(one.finder->Current()->rows.empty());
    EXPECT_TRUE(one.finder->Add(other.us));
    std::optional<bool> accepted;
    server::PeerFeatures features;
    features.genesis = Regtest().genesis;
    features.hosts = {other.us};
    one.finder->Offer(features, asio::ip::make_address(other.us.name),
                      [&](bool taken) { accepted = taken; });
    EXPECT_EQ(accepted, false);
    EXPECT_FALSE(std::filesystem::exists(one.Options(folder).file));
}

/// Threads of wallets ask while peers come and go, as a race detector wants it.
TEST_F(PeerFinderTest, AskedFromManyThreads) {
    Public one("127.1.0.1"), other("127.2.0.1");
    one.Start(one.Options(folder));
    other.Start(other.Options(folder));
    std::atomic<bool> enough{false};
    std::atomic<int> answers{0};
    std::vector<std::thread> wallets;
    for (int i = 0; i < 3; ++i)
        wallets.emplace_back([&, i] {
            server::PeerFeatures features;
            features.genesis = Regtest().genesis;
            while (!enough) {
                static_cast<void>(one.Listing());
                features.hosts = {{"127.2.0." + std::to_string(2 + i), 1, 0}};
                one.finder->Offer(features, asio::ip::make_address("127.9.9.9"),
                                  [&](bool) { ++answers; });
                one.finder->Add(other.us);
            }
        });
    EXPECT_TRUE(Eventually(
        [&] { return one.StatusOf(other.us.name) == PeerStatus::good && answers > 1000; }));
    enough = true;
    for (std::thread& wallet : wallets) wallet.join();
}

}  // namespace
}  // namespace amber::test
