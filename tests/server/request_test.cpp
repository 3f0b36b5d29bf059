#include "server/protocol/request.h"

#include <gtest/gtest.h>

#include "server/protocol/answer.h"

namespace amber::server {
namespace {

/// "ID METHOD", or the code and message of the error with the id it would carry.
std::string Read(const std::string& text) {
    JsonDocument document;
    EXPECT_EQ(document.Parse(text), JsonFault::none) << text;
    Request request;
    if (const auto error = ReadRequest(document, document.Root(), request))
        return std::to_string(JsonRpcCode(error->fault)) + " " + std::string(request.id);
    return (request.IsNotification() ? "(none)" : std::string(request.id)) + ' ' +
           std::string(request.method);
}

TEST(Request, EchoesIdsAsWritten) {
    for (const char* id : {"0", "-7", "123456789012345678901234567890", "1.50", "1e3", "\"\"",
                           "\"a\\u0062\\n\"", "null", "\"\xc3\xa9\""})
        EXPECT_EQ(Read(std::string(R"({"method":"m","id":)") + id + "}"), std::string(id) + " m");
    EXPECT_EQ(Read(R"({"method":"m"})"), "(none) m");
}

TEST(Request, RefusesOtherIds) {
    for (const char* id : {"[]", "{}", "true", "[1]"})
        EXPECT_EQ(Read(std::string(R"({"method":"m","id":)") + id + "}"), "-32600 null");
    const std::string at_limit = '"' + std::string(kMaxIdBytes - 2, 'x') + '"';
    EXPECT_EQ(Read(R"({"method":"m","id":)" + at_limit + "}"), at_limit + " m");
    EXPECT_EQ(Read(R"({"method":"m","id":"x)" + at_limit.substr(1) + "}"), "-32600 null");
}

TEST(Request, TakesBothDialects) {
    for (const char* dialect :
         {R"("jsonrpc":"2.0",)", R"("jsonrpc":"1.0",)", "", R"("jsonrpc":7,)", R"("extra":[{}],)"})
        EXPECT_EQ(Read(std::string("{") + dialect + R"("id":1,"method":"m","params":null})"),
                  "1 m");
}

TEST(Request, NamesWhatIsWrong) {
    for (const char* text : {"1", "\"x\"", "null", "[]"}) EXPECT_EQ(Read(text), "-32600 null");
    for (const char* rest : {"", R"(,"method":1)", R"(,"method":null)", R"(,"method":["m"])",
                             R"(,"method":"m","params":1)", R"(,"method":"m","params":"x")"})
        EXPECT_EQ(Read(std::string(R"({"id":5)") + rest + "}"), "-32600 5");
}

TEST(Answer, HasTheShapesOfJsonRpc) {
    std::string out;
    AppendAnswer(out, "\"x\"", "[1]");
    EXPECT_EQ(out, R"({"jsonrpc":"2.0","id":"x","result":[1]})");
    out.clear();
    AppendError(out, "null", {RpcFault::parse, "a \"b\"\n"});
    EXPECT_EQ(out, R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"a \"b\"\n"}})");
    out.clear();
    AppendNotification(out, "m", "[1]");
    EXPECT_EQ(out, R"({"jsonrpc":"2.0","method":"m","params":[1]})"
                   "\n");
}

}  // namespace
}  // namespace amber::server
