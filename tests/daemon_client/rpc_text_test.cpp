#include "daemon_client/rpc_text.h"

#include <gtest/gtest.h>

namespace amber::daemon_client {
namespace {

using Kind = index::NodeError::Kind;

auto Read(int status, std::string_view body, std::size_t count = 1, std::uint64_t first_id = 7) {
    return ReadRpcAnswer(status, body, count, first_id, "node:1");
}

Kind WhyRefused(int status, std::string_view body, std::size_t count = 1) {
    const auto answer = Read(status, body, count);
    EXPECT_TRUE(answer.has_error()) << body;
    if (!answer.has_error()) return Kind::stopped;
    EXPECT_NE(answer.error().message.find("node:1"), std::string::npos) << answer.error().message;
    return answer.error().kind;
}

TEST(RpcText, WritesOneAsObjectAndSeveralAsBatch) {
    const std::vector<RpcRequest> two{{"a"}, {"b", "[1]"}};
    EXPECT_EQ(WriteRpcRequests(std::span(two).first(1), 7), R"({"method":"a","params":[],"id":7})");
    EXPECT_EQ(WriteRpcRequests(two, 7),
              R"([{"method":"a","params":[],"id":7},{"method":"b","params":[1],"id":8}])");
}

TEST(RpcText, ReadsResultsUnparsed) {
    const auto answer = Read(200, R"({"result":{"a":[1, 2]},"error":null,"id":7})"
                                  "\n");
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(*answer->front(), R"({"a":[1, 2]})");
}

TEST(RpcText, OrdersBatchById) {
    const auto answer = Read(
        200, R"([{"result":"b","error":null,"id":8}, {"id":7,"result":null,"error":null}])", 2);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(*answer->at(0), "null");
    EXPECT_EQ(*answer->at(1), "\"b\"");
}

TEST(RpcText, PassesOnTheNodesOwnErrors) {
    const auto answer =
        Read(500, R"({"result":null,"error":{"code":-5,"message":"No such \"tx\""},"id":7})");
    ASSERT_TRUE(answer.has_value());
    ASSERT_TRUE(answer->front().has_error());
    EXPECT_EQ(answer->front().error().kind, Kind::refused);
    EXPECT_EQ(answer->front().error().code, -5);
    EXPECT_EQ(answer->front().error().message, "No such \"tx\"");
}

TEST(RpcText, NamesHttpErrors) {
    EXPECT_EQ(WhyRefused(401, ""), Kind::unauthorized);
    EXPECT_EQ(WhyRefused(403, ""), Kind::unauthorized);
    EXPECT_EQ(WhyRefused(503, "Work queue depth exceeded"), Kind::overloaded);
    EXPECT_EQ(WhyRefused(500, "Work queue depth exceeded"), Kind::overloaded);
    EXPECT_EQ(WhyRefused(500, "Internal error"), Kind::malformed);
    EXPECT_EQ(WhyRefused(404, "<html>not here</html>"), Kind::malformed);
}

TEST(RpcText, NamesWarmUpAloneAndInABatch) {
    const std::string reply =
        R"({"result":null,"error":{"code":-28,"message":"Loading block index..."},"id":7})";
    EXPECT_EQ(WhyRefused(500, reply), Kind::warming_up);
    EXPECT_EQ(WhyRefused(200, "[" + reply + R"(,{"result":1,"error":null,"id":8}])", 2),
              Kind::warming_up);
}

TEST(RpcText, RefusesWhatIsNoAnswerToTheseRequests) {
    for (const char* body :
         {"", "hello", "[]", "{}", "null", "3", R"({"result":1,"error":null,"id":7)",
          R"({"result":1,"error":null,"id":7} x)", R"({"result":1,"error":null,"id":"7"})",
          R"({"result":1,"error":null,"id":8})", R"({"result":1,"error":null})",
          R"({"error":null,"id":7})", R"({"result":null,"error":"bad","id":7})",
          R"({"result":null,"error":{"code":"x","message":"y"},"id":7})",
          R"([{"result":1,"error":null,"id":7},{"result":1,"error":null,"id":8}])",
          R"({"result":1 "error":null,"id":7})"})
        EXPECT_EQ(WhyRefused(200, body), Kind::malformed) << body;
    EXPECT_EQ(WhyRefused(
                  200, R"([{"result":1,"error":null,"id":7},{"result":1,"error":null,"id":7}])", 2),
              Kind::malformed);
    EXPECT_EQ(WhyRefused(200, R"({"result":1,"error":null,"id":7})", 2), Kind::malformed);
}

TEST(RpcText, BatchRefusedAsAWhole) {
    const auto answer = Read(
        500, R"({"result":null,"error":{"code":-32700,"message":"Parse error"},"id":null})", 2);
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().kind, Kind::refused);
    EXPECT_EQ(answer.error().code, -32700);
}

TEST(RpcText, ShowsUnexpectedResultsBriefly) {
    const auto error = WrongType("getblock", std::string(5000, '\x01'));
    EXPECT_EQ(error.kind, Kind::malformed);
    EXPECT_LT(error.message.size(), 200u);
    EXPECT_EQ(error.message.find('\x01'), std::string::npos);
}

}  // namespace
}  // namespace amber::daemon_client
