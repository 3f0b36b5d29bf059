#include "server/cli/json_text.h"

#include <gtest/gtest.h>

namespace amber::server {
namespace {

TEST(CliArgument, JsonStaysAsItIs) {
    for (const char* json : {"10", "-1", "1e5", "12345678901234567890123", "0.10", "true", "false",
                             "null", "{\"a\": 1}", "[1,\"x\"]", "\"quoted\""}) {
        EXPECT_EQ(ToJson(json), json);
    }
    EXPECT_EQ(ToJson("[1,\n2]"), "[1, 2]");
}

TEST(CliArgument, AllElseIsAString) {
    EXPECT_EQ(ToJson(""), "\"\"");
    EXPECT_EQ(ToJson("all"), "\"all\"");
    EXPECT_EQ(ToJson("0014ab"), "\"0014ab\"");
    EXPECT_EQ(ToJson("76a9"), "\"76a9\"");
    EXPECT_EQ(ToJson("True"), "\"True\"");
    EXPECT_EQ(ToJson("1 2"), "\"1 2\"");
    EXPECT_EQ(ToJson("{\"a\""), "\"{\\\"a\\\"\"");
    EXPECT_EQ(ToJson("http://u:p@h:1"), "\"http://u:p@h:1\"");
    EXPECT_FALSE(ToJson("\xff"));
}

TEST(CliRequest, IsOneLine) {
    EXPECT_EQ(RequestLine("getinfo", {}),
              "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"getinfo\",\"params\":[]}\n");
    EXPECT_EQ(
        RequestLine("a\nb", {"10", "x\ny", "[\n]"}),
        "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"a\\nb\",\"params\":[10,\"x\\ny\",[ ]]}\n");
    EXPECT_FALSE(RequestLine("\xff", {}));
    EXPECT_FALSE(RequestLine("query", {"\xc3"}));
}

constexpr ResultForm kJson{.json = true, .width = std::nullopt};

TEST(CliAnswer, ResultsAreIndentedWithTheirOwnDigits) {
    const AdminAnswer answer = ReadAnswer(
        R"({"jsonrpc":"2.0","id":0,"result":{"height":5,"fee":0.00010000,"none":{},"l":[1,"a\nb"]}})",
        kJson);
    EXPECT_TRUE(answer.ok);
    EXPECT_EQ(answer.text,
              "{\n  \"height\": 5,\n  \"fee\": 0.00010000,\n  \"none\": {},\n"
              "  \"l\": [\n    1,\n    \"a\\nb\"\n  ]\n}");
    EXPECT_EQ(ReadAnswer(R"({"id":0,"error":null,"result":"stopping"})", kJson).text,
              "\"stopping\"");
    EXPECT_TRUE(ReadAnswer(R"({"id":0,"result":null})", kJson).ok);
    EXPECT_EQ(ReadAnswer(R"({"id":0,"result":"stopping"})", {}).text, "stopping");
}

TEST(CliAnswer, ErrorsAreTheirMessage) {
    const AdminAnswer answer =
        ReadAnswer(R"({"id":0,"error":{"code":-32601,"message":"unknown method"}})", kJson);
    EXPECT_FALSE(answer.ok);
    EXPECT_EQ(answer.text, "unknown method");
    EXPECT_FALSE(ReadAnswer(R"({"id":0,"error":{}})", kJson).ok);
}

TEST(CliAnswer, StrangersAreRecognised) {
    for (const char* line : {"", "HTTP/1.1 400 Bad Request\r", "[]", "{}", "{\"id\":0", "5"}) {
        const AdminAnswer answer = ReadAnswer(line, kJson);
        EXPECT_FALSE(answer.ok) << line;
        EXPECT_NE(answer.text.find("--admin"), std::string::npos) << line;
    }
}

TEST(CliAnswer, VeryLongListsAreStillPrinted) {
    std::string line = R"({"id":0,"result":[0)";
    for (int i = 0; i < 200'000; ++i) line += ",1";
    line += "]}";
    const AdminAnswer answer = ReadAnswer(line, kJson);
    EXPECT_TRUE(answer.ok);
    EXPECT_EQ(answer.text, line);
}

}  // namespace
}  // namespace amber::server
