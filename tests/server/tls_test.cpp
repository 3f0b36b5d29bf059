// Sessions in TLS: what clients may do, what they are refused, and that a server in full work takes
// a new certificate.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <random>
#include <thread>

#include "server/tls/self_signed.h"
#include "tests/server/test_server.h"
#include "tests/server/tls_client.h"
#include "tests/support/sanitized.h"

namespace amber::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace fs = std::filesystem;
namespace websocket = beast::websocket;

struct TlsTest : testing::Test {
    TlsServer server;

    [[nodiscard]] TlsClient Connect(TlsClient::Options options = {}) {
        return TlsClient(server.SslPort(), options);
    }
};

TEST_F(TlsTest, ServesLines) {
    server.Start();
    TlsClient client = Connect();
    EXPECT_EQ(client.Version(), TLS1_3_VERSION);
    EXPECT_EQ(client.Ask(kPing), kPong);
    EXPECT_EQ(server.Server().Sessions().at(0).transport, "ssl");
    EXPECT_TRUE(server.Server().Sessions().at(0).peer.starts_with("127.0.0.1:"));
    TlsClient old = Connect({.version_max = TLS1_2_VERSION});
    EXPECT_EQ(old.Ask(kPing), kPong);
}

/// What arrives in one flight with the handshake is not lost, nor what comes in odd portions.
TEST_F(TlsTest, BytesInAnyPortions) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    server.Start();
    TlsClient client = Connect();
    std::string many;
    for (int i = 0; i < 5000; ++i) many += std::string(kPing) + "\n";
    std::thread writer([&] {
        for (std::string_view left = many; !left.empty();) {
            const std::size_t size = std::min<std::size_t>(left.size(), 1 + random() % 40'000);
            client.Send(left.substr(0, size));
            left.remove_prefix(size);
        }
    });
    writer.join();
    for (int i = 0; i < 5000; ++i) ASSERT_EQ(client.ReadLine(), kPong) << i;
}

TEST_F(TlsTest, LongMessagesBothWays) {
    server.options.banner = std::string(3'000'000, 'b');
    server.Start();
    TlsClient client = Connect();
    EXPECT_GT(client.Ask(R"({"id":1,"method":"server.banner"})").size(), 3'000'000u);
    const std::string raw_tx(4'000'000, 'a');
    EXPECT_NE(client
                  .Ask(R"({"id":1,"method":"blockchain.transaction.broadcast","params":[")" +
                       raw_tx + "\"]}")
                  .find("\"error\""),
              std::string::npos);
    EXPECT_EQ(client.Ask(kPing), kPong);
}

TEST_F(TlsTest, ResumesSessions) {
    server.Start();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsClient first = Connect({.version_min = version, .version_max = version});
        EXPECT_FALSE(first.IsResumed());
        EXPECT_EQ(first.Ask(kPing), kPong);
        const TicketPtr ticket = first.Ticket();
        TlsClient second =
            Connect({.version_min = version, .version_max = version, .ticket = ticket.get()});
        EXPECT_TRUE(second.IsResumed()) << version;
        EXPECT_EQ(second.Ask(kPing), kPong);
    }
}

TEST_F(TlsTest, RefusesOldVersions) {
    server.Start();
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION})
        EXPECT_THROW((void)Connect({.version_min = version, .version_max = version}),
                     std::runtime_error);
    EXPECT_EQ(Connect().Ask(kPing), kPong);
}

TEST_F(TlsTest, RefusesToRenegotiate) {
    server.Start();
    TlsClient client = Connect({.version_max = TLS1_2_VERSION});
    EXPECT_EQ(client.Ask(kPing), kPong);
    SSL_renegotiate(client.Native());
    ERR_clear_error();
    EXPECT_NE(SSL_do_handshake(client.Native()), 1);
    EXPECT_NE(server::OpenSslError().find("no renegotiation"), std::string::npos);
}

/// A peer that does nothing but change keys does not keep the others waiting.
TEST_F(TlsTest, KeyUpdatesAreNoWork) {
    server.options.io_threads = 1;
    server.Start();
    TlsClient changing = Connect(), other = Connect();
    std::atomic<bool> stop{false};
    std::thread flood([&] {
        while (!stop && SSL_key_update(changing.Native(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
               SSL_do_handshake(changing.Native()) == 1) {
        }
    });
    auto worst = std::chrono::steady_clock::duration::zero();
    for (int i = 0; i < 100; ++i) {
        const auto start = std::chrono::steady_clock::now();
        EXPECT_EQ(other.Ask(kPing), kPong);
        worst = std::max(worst, std::chrono::steady_clock::now() - start);
    }
    stop = true;
    flood.join();
    EXPECT_LT(worst, std::chrono::seconds(kSanitized ? 5 : 1));
    EXPECT_EQ(changing.Ask(kPing), kPong);
}

TEST_F(TlsTest, EndsInOrder) {
    server.Start();
    TlsClient wrong = Connect();
    wrong.Ask(R"({"id":1,"method":"server.version","params":["x","9.9"]})");
    EXPECT_EQ(wrong.ReadLine(), std::nullopt);
    EXPECT_TRUE(wrong.ClosedInOrder());
    // The client says its last word first, and still gets its answers.
    TlsClient leaving = Connect();
    std::string requests;
    for (int i = 0; i < 100; ++i) requests += std::string(kPing) + "\n";
    leaving.Send(requests + kPing);
    leaving.EndInput();
    int answers = 0;
    while (leaving.ReadLine()) ++answers;
    EXPECT_EQ(answers, 101);
    EXPECT_TRUE(leaving.ClosedInOrder());
    EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 0; }));
}

/// The last bytes and the end may come in one piece, or not.
TEST_F(TlsTest, TheEndIsNotOverlooked) {
    server.Start();
    for (int i = 0; i < 50; ++i) {
        TlsClient client = Connect();
        client.Send(std::string(kPing) + "\n" + kPing);
        if (i % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        client.EndInput();
        EXPECT_EQ(client.ReadLine(), kPong);
        EXPECT_EQ(client.ReadLine(), kPong);
        EXPECT_EQ(client.ReadLine(), std::nullopt);
        ASSERT_TRUE(client.ClosedInOrder()) << i;
    }
}

TEST_F(TlsTest, GarbageInsteadOfAHandshake) {
    server.Start();
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int i = 0; i < 200; ++i) {
        TestClient client(server.SslPort());
        std::string junk(1 + random() % 600, '\0');
        for (char& c : junk) c = static_cast<char>(random());
        if (i % 2 == 0) junk.replace(0, std::min<std::size_t>(junk.size(), 3), "\x16\x03\x01");
        try {
            client.Send(i % 20 == 0 ? std::string(kPing) + "\n" : junk);
        } catch (const std::runtime_error&) {  // closed already: as good
        }
        if (i % 3 == 0) client.EndInput();
    }
    EXPECT_EQ(Connect().Ask(kPing), kPong);
    EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions <= 1; }));
}

TEST_F(TlsTest, ADamagedRecordClosesTheSession) {
    server.Start();
    TlsClient client = Connect();
    EXPECT_EQ(client.Ask(kPing), kPong);
    client.Socket().Send(std::string("\x17\x03\x03\0\x20", 5) + std::string(32, 'x'));
    EXPECT_EQ(client.ReadLine(), std::nullopt);
    EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 0; }));
}

TEST_F(TlsTest, ANewCertificateDropsNobody) {
    server.Start();
    TlsClient before = Connect();
    EXPECT_EQ(before.Ask(kPing), kPong);
    const std::string old = before.Fingerprint();
    server::CertificateFiles next{server.folder / "next-cert.pem", server.folder / "next-key.pem"};
    server::MakeSelfSigned(next);
    fs::rename(next.key, server.options.certificate.key);
    fs::rename(next.certificate, server.options.certificate.certificate);
    EXPECT_TRUE(Eventually([&] { return Connect().Fingerprint() != old; })) << "by itself";
    EXPECT_EQ(before.Ask(kPing), kPong);
    // A bad one is not taken.
    const std::string current = Connect().Fingerprint();
    std::ofstream(server.options.certificate.certificate) << "rubbish";
    server.Server().ReloadCertificate();
    EXPECT_EQ(Connect().Fingerprint(), current);
    EXPECT_EQ(before.Ask(kPing), kPong);
}

TEST_F(TlsTest, WithoutACertificateNothingStarts) {
    server.options.certificate.make = false;
    EXPECT_THROW(server.Start(), std::runtime_error);
}

TEST_F(TlsTest, WebSocketsToo) {
    server.options.banner = std::string(3'000'000, 'b');
    server.Start();
    asio::io_context context;
    asio::ssl::context tls(asio::ssl::context::tls_client);
    websocket::stream<asio::ssl::stream<asio::ip::tcp::socket>> stream(context, tls);
    stream.next_layer().next_layer().connect({asio::ip::address_v4::loopback(), server.WssPort()});
    stream.next_layer().handshake(asio::ssl::stream_base::client);
    stream.handshake("localhost", "/");
    const auto ask = [&](const std::string& text) {
        stream.write(asio::buffer(text));
        beast::flat_buffer buffer;
        stream.read(buffer);
        return beast::buffers_to_string(buffer.data());
    };
    EXPECT_EQ(ask(kPing), kPong);
    EXPECT_EQ(server.Server().Sessions().at(0).transport, "wss");
    EXPECT_GT(ask(R"({"id":1,"method":"server.banner"})").size(), 3'000'000u);
    // Long, in many records; answered because it is parsed whole.
    EXPECT_NE(
        ask(R"({"id":1,"method":"no.such","params":[")" + std::string(1'000'000, 'x') + "\"]}")
            .find("unknown method"),
        std::string::npos);
    for (int i = 0; i < 100; ++i) stream.write(asio::buffer(std::string(kPing)));
    for (int i = 0; i < 100; ++i) {
        beast::flat_buffer buffer;
        stream.read(buffer);
        ASSERT_EQ(beast::buffers_to_string(buffer.data()), kPong);
    }
    stream.close(websocket::close_code::normal);
    EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 0; }));
}

}  // namespace
}  // namespace amber::test
