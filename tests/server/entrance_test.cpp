// The way in: who is slow, who speaks for others, and where the server listens.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <thread>

#include "tests/server/test_server.h"
#include "tests/server/tls_client.h"

namespace amber::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kUpgrade =
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n";
constexpr const char* kProxyLine = "PROXY TCP4 203.0.113.9 198.51.100.1 4711 50001\r\n";

const server::Subnet kLoopback({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 0}, 104);

/// PROXY version 2 for 203.0.113.9:4711.
std::string BinaryHeader() {
    return std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 16) +
           std::string("\xcb\0\x71\x09\xc6\x33\x64\x01\x12\x67\xc3\x51", 12);
}

struct EntranceTest : testing::Test {
    TlsServer server;

    std::string OnlyPeer() {
        EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 1; }));
        const auto sessions = server.Server().Sessions();
        return sessions.size() == 1 ? sessions[0].peer : "not one session";
    }
    void ExpectNone() {
        EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 0; }));
    }
    std::uint16_t Port(std::size_t listener) { return server.Server().Ports().at(listener); }
    void ExpectClosed(TestClient& client) {
        try {
            EXPECT_EQ(client.ReadLine(), std::nullopt);
        } catch (const std::runtime_error& error) {
            ADD_FAILURE() << error.what();
        }
    }
    void ExpectHonestClientsServed() {
        EXPECT_EQ(server.Connect().Ask(kPing), kPong);
        EXPECT_EQ(TlsClient(server.SslPort()).Ask(kPing), kPong);
        TestClient web(server.WebSocketPort());
        web.Send(std::string(kUpgrade) + "\r\n");
        EXPECT_EQ(web.ReadLine(), "HTTP/1.1 101 Switching Protocols\r");
    }
};

// PROXY protocol

TEST_F(EntranceTest, BothVersionsOnEveryListener) {
    server.options.proxies.subnets = {kLoopback};
    server.Start();
    for (const std::string& header : {std::string(kProxyLine), BinaryHeader()}) {
        {
            TestClient lines(Port(0));
            lines.Send(header + kPing + "\n");
            EXPECT_EQ(lines.ReadLine(), kPong);
            EXPECT_EQ(OnlyPeer(), "203.0.113.9:4711");
        }
        ExpectNone();
        {
            TestClient web(Port(1));
            web.Send(header + kUpgrade + "X-Forwarded-For: 9.9.9.9\r\n\r\n");
            EXPECT_EQ(web.ReadLine(), "HTTP/1.1 101 Switching Protocols\r");
            EXPECT_EQ(OnlyPeer(), "203.0.113.9:4711");
        }
        ExpectNone();
        {
            TlsClient tls(Port(2), {.before = header});
            EXPECT_EQ(tls.Ask(kPing), kPong);
            EXPECT_EQ(OnlyPeer(), "203.0.113.9:4711");
        }
        ExpectNone();
        {
            TlsClient tls(Port(3), {.before = header});
            tls.Send(std::string(kUpgrade) + "\r\n");
            EXPECT_EQ(tls.ReadLine(), "HTTP/1.1 101 Switching Protocols\r");
            EXPECT_EQ(OnlyPeer(), "203.0.113.9:4711");
        }
        ExpectNone();
    }
}

TEST_F(EntranceTest, AHeaderInAnyPortions) {
    server.options.proxies.subnets = {kLoopback};
    server.Start();
    for (const std::string& header : {std::string(kProxyLine), BinaryHeader()}) {
        {
            TestClient client(Port(0));
            for (const char c : header) {
                client.Send({&c, 1});
                if (header.size() > 100 || c % 8 == 0) std::this_thread::sleep_for(1ms);
            }
            EXPECT_EQ(client.Ask(kPing), kPong);
            EXPECT_EQ(OnlyPeer(), "203.0.113.9:4711");
        }
        ExpectNone();
    }
}

TEST_F(EntranceTest, AProxyThatSpeaksForItself) {
    server.options.proxies.subnets = {kLoopback};
    server.Start();
    const std::string local("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16);
    for (const std::string& header : {std::string("PROXY UNKNOWN\r\n"), local}) {
        {
            TestClient client(Port(0));
            client.Send(header + kPing + "\n");
            EXPECT_EQ(client.ReadLine(), kPong);
            EXPECT_TRUE(OnlyPeer().starts_with("127.0.0.1:"));
        }
        ExpectNone();
    }
}

TEST_F(EntranceTest, ATrustedProxyMustSendIt) {
    server.options.proxies.subnets = {kLoopback};
    server.Start();
    TestClient lines(Port(0));
    lines.Send(std::string(kPing) + "\n");
    ExpectClosed(lines);
    EXPECT_THROW(TlsClient{Port(2)}, std::runtime_error);
    ExpectNone();
}

TEST_F(EntranceTest, FromOthersItIsRefused) {
    server.options.proxies.subnets = {server::Subnet({0x20, 0x01}, 16)};
    server.Start();
    for (const std::string& header : {std::string(kProxyLine), BinaryHeader()}) {
        TestClient lines(Port(0));
        lines.Send(header + kPing + "\n");
        ExpectClosed(lines);
        TestClient web(Port(1));
        web.Send(header + kUpgrade + "\r\n");
        ExpectClosed(web);
        EXPECT_THROW(TlsClient(Port(2), {.before = header}), std::runtime_error);
    }
    // Nor is it believed in pieces.
    TestClient pieces(Port(0));
    for (const char c : std::string(kProxyLine)) pieces.Send({&c, 1});
    pieces.Send(std::string(kPing) + "\n");
    for (const auto& session : server.Server().Sessions())
        EXPECT_TRUE(session.peer.starts_with("127.0.0.1:")) << session.peer;
}

TEST_F(EntranceTest, MalformedHeadersAreRefused) {
    server.options.proxies.subnets = {kLoopback};
    server.Start();
    std::string far = BinaryHeader();
    far[14] = '\x7f';
    for (const std::string& header :
         {std::string("PROXY TCP4 1.2.3.4\r\n"), "PROXY " + std::string(200, 'x'), far,
          std::string("PROXY TCP4 ::1 ::1 1 2\r\n"), std::string("GET / HTTP/1.1\r\n\r\n")}) {
        TestClient client(Port(0));
        client.Send(header);
        ExpectClosed(client);
    }
    ExpectNone();
}

TEST_F(EntranceTest, ForwardedForFromAProxyOnly) {
    const auto peer_of = [&](const std::string& headers) {
        TestClient web(Port(1));
        web.Send(std::string(kUpgrade) + headers + "\r\n");
        EXPECT_EQ(web.ReadLine(), "HTTP/1.1 101 Switching Protocols\r");
        return OnlyPeer();
    };
    server.options.proxies.subnets = {kLoopback};
    server.Start();
    EXPECT_EQ(peer_of("X-Forwarded-For: 1.1.1.1, 203.0.113.9\r\n"), "203.0.113.9");
    ExpectNone();
    EXPECT_EQ(peer_of("X-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 2001:db8::9, 127.0.0.1\r\n"),
              "2001:db8::9");
    ExpectNone();
    EXPECT_TRUE(peer_of("X-Forwarded-For: me\r\n").starts_with("127.0.0.1:"));
    ExpectNone();
    server.Stop();
    server.options.proxies = {};
    server.Start();
    EXPECT_TRUE(peer_of("X-Forwarded-For: 203.0.113.9\r\n").starts_with("127.0.0.1:"));
}

/// Bans and bounds for addresses are for whom a proxy speaks for, and before any handshake.
TEST_F(EntranceTest, BoundsAreForTheClientBehindAProxy) {
    server.options.proxies.subnets = {kLoopback};
    server.options.max_sessions_per_ip = 1;
    server.Start();
    server.Server().AddBan({*server::Subnet::Parse("198.51.100.0/24"), std::nullopt});
    const std::string good = kProxyLine, banned = "PROXY TCP4 198.51.100.7 10.0.0.1 1 2\r\n";
    TlsClient first(Port(2), {.before = good});
    EXPECT_EQ(first.Ask(kPing), kPong);
    EXPECT_THROW(TlsClient(Port(2), {.before = good}), std::runtime_error);
    EXPECT_EQ(server.Hits(server::Bound::max_sessions_per_ip), 1u);
    TestClient no_hello(Port(2));
    no_hello.Send(banned);
    ExpectClosed(no_hello);
    TestClient web(Port(1));
    web.Send(std::string(kUpgrade) + "X-Forwarded-For: 198.51.100.9\r\n\r\n");
    ExpectClosed(web);
    EXPECT_EQ(server.Hits(server::Bound::ban), 2u);
    EXPECT_EQ(server.Server().Sessions().at(0).group, "203.0.113.0/24");
    EXPECT_EQ(server.Server().Stats().sessions_total, 1u);
}

/// What has begun no handshake yet counts for its address, too.
TEST_F(EntranceTest, AnAddressDoesNotTakeEveryHandshake) {
    server.options.exempt = {};
    server.options.max_sessions_per_ip = 5;
    server.options.handshake_timeout = 60s;
    server.Start();
    std::vector<TestClient> slow;
    for (int i = 0; i < 20; ++i) slow.emplace_back(Port(2), "127.0.1.1");
    for (std::size_t i = 5; i < 20; ++i) ExpectClosed(slow[i]);
    EXPECT_TRUE(slow[4].IsSilent(50ms));
    EXPECT_EQ(server.Hits(server::Bound::max_sessions_per_ip), 15u);
    ExpectHonestClientsServed();
    slow.clear();
    EXPECT_TRUE(Eventually([&] { return TestClient(Port(2), "127.0.1.1").IsSilent(50ms); }));
}

// Who is slow

TEST_F(EntranceTest, HandshakesHaveATimeLimit) {
    server.options.handshake_timeout = 400ms;
    server.Start();
    const std::string_view hello("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 11);
    std::vector<TestClient> slow;
    for (int i = 0; i < 100; ++i) {
        slow.emplace_back(Port(1)).Send("GET / HT");
        slow.emplace_back(Port(2)).Send(hello.substr(0, static_cast<std::size_t>(i) % 12));
        slow.emplace_back(Port(3));
    }
    const auto start = std::chrono::steady_clock::now();
    for (TestClient& client : slow) ExpectClosed(client);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
    ExpectNone();
    ExpectHonestClientsServed();
}

/// One byte at a time is no progress that counts.
TEST_F(EntranceTest, DripsDoNotProlongIt) {
    server.options.handshake_timeout = 400ms;
    server.Start();
    TestClient drip(Port(1));
    const auto start = std::chrono::steady_clock::now();
    try {
        while (std::chrono::steady_clock::now() - start < 5s) {
            drip.Send("G");
            std::this_thread::sleep_for(20ms);
        }
        ADD_FAILURE() << "not closed";
    } catch (const std::runtime_error&) {
    }
}

TEST_F(EntranceTest, TheOldestHandshakeMakesRoom) {
    server.options.handshake_timeout = 60s;
    server.options.max_handshakes = 50;
    server.Start();
    std::vector<TestClient> slow;
    for (int i = 0; i < 300; ++i) slow.emplace_back(Port(2)).Send("\x16\x03\x01");
    for (std::size_t i = 0; i < 250; ++i) ExpectClosed(slow[i]);
    EXPECT_TRUE(slow[299].IsSilent(50ms)) << "is still welcome";
    ExpectHonestClientsServed();
    EXPECT_EQ(server.Server().Stats().sessions_total, 3u) << "handshakes are no sessions";
}

TEST_F(EntranceTest, SessionsThatAskNothingAreClosed) {
    server.options.first_request_timeout = 1s;
    server.Start();
    TestClient silent = server.Connect(), honest = server.Connect();
    TlsClient in_tls(Port(2));
    EXPECT_EQ(honest.Ask(kPing), kPong);
    ExpectClosed(silent);
    EXPECT_EQ(in_tls.ReadLine(), std::nullopt);
    std::this_thread::sleep_for(500ms);
    EXPECT_EQ(honest.Ask(kPing), kPong);
}

TEST_F(EntranceTest, ARequestThatNeverEndsIsIdle) {
    server.options.idle_timeout = 1s;
    server.Start();
    TestClient client = server.Connect();
    EXPECT_EQ(client.Ask(kPing), kPong);
    const auto start = std::chrono::steady_clock::now();
    try {
        while (std::chrono::steady_clock::now() - start < 10s) {
            client.Send(" ");
            std::this_thread::sleep_for(20ms);
        }
        ADD_FAILURE() << "not closed";
    } catch (const std::runtime_error&) {
    }
}

TEST_F(EntranceTest, FarTooLongARequestForAWebSocket) {
    server.Start();
    TestClient client(Port(1));
    try {
        client.Send("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n");
        client.ReadLine();
    } catch (const std::runtime_error&) {  // closed already: as good
    }
    ExpectHonestClientsServed();
}

TEST_F(EntranceTest, FullMeansFullOnEveryListener) {
    server.options.max_sessions = 1;
    server.Start();
    TestClient first = server.Connect();
    EXPECT_EQ(first.Ask(kPing), kPong);
    TestClient second(Port(0));
    ExpectClosed(second);
    EXPECT_THROW(TlsClient{Port(2)}, std::runtime_error);
}

// Where it listens

TEST_F(EntranceTest, Ipv6AndSeveralOfAKind) {
    server.options.listeners = {{server::TransportKind::tcp, "::1", 0},
                                {server::TransportKind::tcp, "127.0.0.1", 0},
                                {server::TransportKind::tcp, "127.0.0.1", 0}};
    server.Start();
    EXPECT_EQ(TestClient(Port(1)).Ask(kPing), kPong);
    EXPECT_EQ(TestClient(Port(2)).Ask(kPing), kPong);
    const int six = socket(AF_INET6, SOCK_STREAM, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(Port(0));
    address.sin6_addr = in6addr_loopback;
    ASSERT_EQ(connect(six, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_TRUE(Eventually([&] {
        for (const auto& session : server.Server().Sessions())
            if (session.peer.starts_with("[::1]:")) return true;
        return false;
    }));
    close(six);
}

struct UnixSocketTest : EntranceTest {
    std::string path = server.folder / "wallets.sock";

    UnixSocketTest() {
        server.options.listeners = {{.transport = server::TransportKind::tcp, .unix_path = path}};
    }
    int Connect() const {
        const int client = socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        if (connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
            return client;
        close(client);
        return -1;
    }
    std::string Ask(const std::string& text) {
        const int client = Connect();
        if (client < 0) return "no connection";
        EXPECT_EQ(write(client, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        char answer[1000];
        const ssize_t size = read(client, answer, sizeof answer);
        peer = OnlyPeer();
        close(client);
        ExpectNone();
        return {answer, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }
    std::string peer;
};

TEST_F(UnixSocketTest, ServesAndCleansUp) {
    server.Start();
    EXPECT_EQ(Ask(std::string(kPing) + "\n"), std::string(kPong) + "\n");
    EXPECT_EQ(peer, "unix");
    server.Stop();
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(UnixSocketTest, SpeaksForOthersIfTrusted) {
    server.options.proxies.unix_sockets = true;
    server.Start();
    EXPECT_EQ(Ask(kProxyLine + std::string(kPing) + "\n"), std::string(kPong) + "\n");
    EXPECT_EQ(peer, "203.0.113.9:4711");
}

TEST_F(UnixSocketTest, ReplacesAStaleFileButNotAnother) {
    {
        const int stale = socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ASSERT_EQ(bind(stale, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        close(stale);
    }
    server.Start();
    EXPECT_EQ(server.Server().Addresses(), std::vector<std::string>{"tcp unix:" + path});
    EXPECT_EQ(Ask(std::string(kPing) + "\n"), std::string(kPong) + "\n");
    TestServer second;
    second.options.listeners = server.options.listeners;
    try {
        second.Start();
        FAIL() << "listens twice";
    } catch (const std::runtime_error& error) {
        const std::string text = error.what();
        EXPECT_TRUE(text.starts_with("cannot listen on unix:" + path +
                                     " (--tcp): Address already in use; another program"))
            << text;
        EXPECT_TRUE(text.ends_with("with --tcp unix:PATH")) << text;
    }
    EXPECT_EQ(Ask(std::string(kPing) + "\n"), std::string(kPong) + "\n");
}

}  // namespace
}  // namespace amber::test
