#include "daemon_client/http_connection.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>

#include "tests/support/bitcoind.h"
#include "tests/support/fake_node.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using Kind = index::NodeError::Kind;
using Answer = test::FakeNode::Answer;

class HttpConnectionTest : public ::testing::Test {
protected:
    /// The node answers everything so.
    void NodeAnswers(Answer answer) {
        node_.SetHook([answer](const auto&) { return answer; });
    }
    index::NodeResult<HttpAnswer> Ask(std::chrono::milliseconds timeout = 60s) {
        std::optional<index::NodeResult<HttpAnswer>> result;
        connection_.Send({.target = "/x", .timeout = timeout},
                         [&](auto answer) { result = std::move(answer); });
        EXPECT_TRUE(connection_.Busy());
        io_.restart();
        io_.run();
        EXPECT_FALSE(connection_.Busy());
        return std::move(*result);
    }
    Kind WhyFailed(std::chrono::milliseconds timeout = 60s) {
        const auto answer = Ask(timeout);
        if (answer.has_value()) return Kind::stopped;
        EXPECT_NE(answer.error().message.find(std::to_string(node_.Port())), std::string::npos);
        return answer.error().kind;
    }

    test::FakeNode node_;
    boost::asio::io_context io_;
    HttpConnection connection_{io_,
                               NodeUrl{"127.0.0.1", node_.Port(), {}},
                               {.connect_timeout = 1s, .max_body = 10'000'000}};
};

TEST_F(HttpConnectionTest, StaysOpenBetweenRequests) {
    NodeAnswers({.body = "one"});
    for (int i = 0; i < 5; ++i) EXPECT_EQ(Ask()->Text(), "one");
    EXPECT_EQ(node_.Connections(), 1);
}

TEST_F(HttpConnectionTest, ConnectsAgainWhenTheNodeClosedMeanwhile) {
    NodeAnswers({.body = "one"});
    EXPECT_EQ(Ask()->Text(), "one");
    node_.Shutdown();
    node_.Start();
    EXPECT_EQ(Ask()->Text(), "one");
    EXPECT_EQ(node_.Connections(), 2);
}

TEST_F(HttpConnectionTest, HonoursConnectionClose) {
    NodeAnswers({.body = "bye", .close = true});
    EXPECT_EQ(Ask()->Text(), "bye");
    EXPECT_EQ(Ask()->Text(), "bye");
    EXPECT_EQ(node_.Connections(), 2);
}

TEST_F(HttpConnectionTest, ReadsBodiesOfAllSizes) {
    for (const std::size_t size : {0u, 1u, 70'000u, 5'000'000u, 10'000'000u, 3u}) {
        std::string body(size, 'x');
        if (size > 2) body[size - 1] = 'y';
        NodeAnswers({.body = body});
        auto answer = Ask();
        ASSERT_TRUE(answer.has_value());
        EXPECT_TRUE(answer->Text() == body) << size;
        connection_.Recycle(std::move(answer->body));
    }
}

TEST_F(HttpConnectionTest, ReadsChunkedBodies) {
    const std::string body(100'000, 'x');
    NodeAnswers({.body = body, .chunked = true});
    EXPECT_TRUE(Ask()->Text() == body);
    EXPECT_TRUE(Ask()->Text() == body);
    EXPECT_EQ(node_.Connections(), 1);
}

TEST_F(HttpConnectionTest, HandsOnEveryStatus) {
    NodeAnswers({.status = 503, .body = "busy"});
    const auto answer = Ask();
    EXPECT_EQ(answer->status, 503);
    EXPECT_EQ(answer->Text(), "busy");
}

TEST_F(HttpConnectionTest, NoticesTruncation) {
    NodeAnswers({.body = std::string(1000, 'x'), .cut_after = 999});
    EXPECT_EQ(WhyFailed(), Kind::malformed);
    NodeAnswers({.body = std::string(9'000'000, 'x'), .cut_after = 8'000'000});
    EXPECT_EQ(WhyFailed(), Kind::malformed);
}

TEST_F(HttpConnectionTest, RefusesWhatIsTooLong) {
    NodeAnswers({.body = "x", .claimed_size = 10'000'001});
    EXPECT_EQ(WhyFailed(), Kind::malformed);
    NodeAnswers({.body = std::string(10'000'001, 'x'), .chunked = true});
    EXPECT_EQ(WhyFailed(), Kind::malformed);
}

TEST_F(HttpConnectionTest, NoAnswerIsUnreachable) {
    NodeAnswers({.reset = true});
    EXPECT_EQ(WhyFailed(), Kind::unreachable);
    node_.Shutdown();
    EXPECT_EQ(WhyFailed(), Kind::unreachable);
}

TEST_F(HttpConnectionTest, GarbageIsMalformed) {
    // The status line itself cannot be scripted; a status out of range breaks it.
    NodeAnswers({.status = 123456, .body = "x"});
    EXPECT_EQ(WhyFailed(), Kind::malformed);
}

TEST_F(HttpConnectionTest, StallsTimeOut) {
    NodeAnswers({.body = "late", .stall = 10s});
    EXPECT_EQ(WhyFailed(100ms), Kind::timeout);
    NodeAnswers({.body = "x", .claimed_size = 2});  // the second byte never comes
    EXPECT_EQ(WhyFailed(100ms), Kind::timeout);
    NodeAnswers({.body = "in time"});
    EXPECT_EQ(Ask(2s)->Text(), "in time");
}

TEST(HttpConnection, DroppedConnectionsCallNoHandler) {
    test::FakeNode node;
    node.SetHook([](const auto&) { return Answer{.stall = 10s}; });
    boost::asio::io_context io;
    auto connection = std::make_unique<HttpConnection>(io, NodeUrl{"127.0.0.1", node.Port(), {}},
                                                       HttpConnection::Limits{});
    bool called = false;
    connection->Send({}, [&](const auto&) { called = true; });
    io.run_for(100ms);
    connection.reset();
    io.run();
    EXPECT_FALSE(called);
}

TEST(HttpConnection, UnknownHostIsUnreachable) {
    boost::asio::io_context io;
    HttpConnection connection(io, NodeUrl{"no-such-host.invalid", 1, {}}, {});
    std::optional<Kind> kind;
    connection.Send({}, [&](const auto& answer) { kind = answer.error().kind; });
    io.run();
    EXPECT_EQ(kind, Kind::unreachable);
}

}  // namespace
}  // namespace amber::daemon_client
