#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "tests/server/test_server.h"

namespace amber::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

struct WebSocketTest : testing::Test {
    TestServer server;
    asio::io_context context;
    websocket::stream<asio::ip::tcp::socket> stream{context};

    void Connect(const std::string& path = "/") {
        stream.next_layer().connect({asio::ip::address_v4::loopback(), server.WebSocketPort()});
        stream.handshake("localhost", path);
    }
    std::string Read() {
        beast::flat_buffer buffer;
        stream.read(buffer);
        return beast::buffers_to_string(buffer.data());
    }
    std::string Ask(const std::string& text) {
        stream.write(asio::buffer(text));
        return Read();
    }
};

TEST_F(WebSocketTest, TextAndBinaryWithAnyPath) {
    server.Start();
    Connect("/any/path?x=1");
    EXPECT_EQ(Ask(kPing), kPong);
    EXPECT_TRUE(stream.got_text());
    stream.binary(true);
    EXPECT_EQ(Ask(std::string(kPing) + "\n"), kPong);
    EXPECT_TRUE(stream.got_text());
}

TEST_F(WebSocketTest, FragmentsAndPings) {
    server.Start();
    Connect();
    const std::string text = kPing;
    stream.write_some(false, asio::buffer(text.substr(0, 5)));
    stream.ping("hello");
    stream.write_some(false, asio::buffer(text.substr(5, 7)));
    stream.write_some(true, asio::buffer(text.substr(12)));
    bool ponged = false;
    stream.control_callback([&](websocket::frame_type kind, beast::string_view payload) {
        ponged |= kind == websocket::frame_type::pong && payload == "hello";
    });
    EXPECT_EQ(Read(), kPong);
    EXPECT_TRUE(ponged);
}

TEST_F(WebSocketTest, OneMessagePerAnswerAndNotification) {
    server.Start();
    Connect();
    for (int i = 0; i < 100; ++i) stream.write(asio::buffer(std::string(kPing)));
    for (int i = 0; i < 100; ++i) EXPECT_EQ(Read(), kPong);
    Ask(R"({"id":2,"method":"blockchain.headers.subscribe"})");
    EXPECT_EQ(Ask("[" + std::string(kPing) + "]"), "[" + std::string(kPong) + "]");
    server.world.Mine();
    server.Announce();
    EXPECT_TRUE(Read().starts_with(R"({"jsonrpc":"2.0","method":"blockchain.headers.subscribe")"));
    EXPECT_EQ(server.Server().Sessions().at(0).transport, "ws");
}

TEST_F(WebSocketTest, LargeAnswersAndGarbage) {
    server.options.banner = std::string(3'000'000, 'b');
    server.Start();
    Connect();
    EXPECT_EQ(Ask("garbage"),
              R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"invalid JSON"}})");
    EXPECT_GT(Ask(R"({"id":1,"method":"server.banner"})").size(), 3'000'000u);
    EXPECT_EQ(Ask(kPing), kPong);
}

TEST_F(WebSocketTest, TooLongAMessageCloses) {
    server.options.max_receive_bytes = 10'000;
    server.Start();
    Connect();
    stream.write(asio::buffer(std::string(20'000, ' ')));
    EXPECT_THROW(Read(), boost::system::system_error);
    EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 0; }));
}

/// A message in pieces of nothing, and pings around one: neither grows, and both could go on.
TEST_F(WebSocketTest, FramesWithoutEndClose) {
    server.options.max_receive_bytes = 10'000;
    server.Start();
    for (const std::string& frame :
         {std::string("\0\x80mask", 6), "\x89\xfdmask" + std::string(125, 'x')}) {
        websocket::stream<asio::ip::tcp::socket> client(context);
        auto& socket = client.next_layer();
        socket.connect({asio::ip::address_v4::loopback(), server.WebSocketPort()});
        client.handshake("localhost", "/");
        client.write_some(false, asio::buffer(std::string("[")));
        std::string frames;
        while (frames.size() < 100'000) frames += frame;
        std::size_t sent = 0;
        boost::system::error_code closed;
        // What pongs there are is read, as they would stop the server else.
        std::string pongs(1'000'000, ' ');
        while (!closed && sent < 100'000'000) {
            sent += asio::write(socket, asio::buffer(frames), closed);
            while (!closed && socket.available() > 0) socket.read_some(asio::buffer(pongs), closed);
        }
        EXPECT_TRUE(closed) << sent;
        EXPECT_GT(sent, 1'000'000u);
        EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 0; }));
    }
}

TEST_F(WebSocketTest, ClosesWithoutACommonVersion) {
    server.Start();
    Connect();
    EXPECT_NE(Ask(R"({"id":1,"method":"server.version","params":["x","9.9"]})")
                  .find("unsupported protocol version: 9.9"),
              std::string::npos);
    EXPECT_THROW(Read(), boost::system::system_error);
    EXPECT_EQ(stream.reason().code, websocket::close_code::normal);
}

TEST_F(WebSocketTest, NotAHandshake) {
    server.Start();
    TestClient plain(server.WebSocketPort());
    plain.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(plain.ReadLine()->starts_with("HTTP/1.1 4"));
    EXPECT_TRUE(Eventually([&] { return server.Server().Stats().sessions == 0; }));
}

}  // namespace
}  // namespace amber::test
