#include "server/protocol/arguments.h"

#include <gtest/gtest.h>

#include <functional>

namespace amber::server {
namespace {

constexpr Parameter kParameters[] = {{"height"}, {"cp_height", false}, {"verbose", false}};

/// Binds `params` and lets `read` use them; "" or "CODE MESSAGE".
std::string Bind(const std::string& params, bool ignore_extra,
                 const std::function<void(Arguments&)>& read) {
    const std::string text = R"({"id":1,"method":"m","params":)" + params + "}";
    JsonDocument document;
    Request request;
    Arguments args;
    EXPECT_EQ(document.Parse(text), JsonFault::none) << text;
    EXPECT_FALSE(ReadRequest(document, document.Root(), request)) << text;
    auto error = args.Bind(document, request, kParameters, ignore_extra);
    if (!error) {
        read(args);
        error = args.Error();
    }
    return error ? std::to_string(JsonRpcCode(error->fault)) + ' ' + error->message : "";
}

TEST(Arguments, ByPlaceOrByName) {
    for (const char* params : {"[5,6,true]", R"({"height":5,"cp_height":6,"verbose":true})",
                               R"({"verbose":1,"cp_height":"6","height":"5"})", "[5.0,6.00,1]"}) {
        EXPECT_EQ(Bind(params, false,
                       [&](Arguments& args) {
                           EXPECT_EQ(args.NonNegative(0), 5u) << params;
                           EXPECT_EQ(args.NonNegative(1), 6u) << params;
                           EXPECT_TRUE(args.Boolean(2, false)) << params;
                       }),
                  "");
    }
    for (const char* params : {"[5]", "[5,null]", "[5,null,null]", R"({"height":5})"})
        EXPECT_EQ(Bind(params, false,
                       [&](Arguments& args) {
                           EXPECT_EQ(args.NonNegative(1, 9), 9u) << params;
                           EXPECT_TRUE(args.Boolean(2, true)) << params;
                       }),
                  "");
}

TEST(Arguments, WrongNumberOrName) {
    const auto nothing = [](Arguments&) {};
    EXPECT_EQ(Bind("[]", false, nothing), "-32602 missing argument \"height\"");
    EXPECT_EQ(Bind("{}", false, nothing), "-32602 missing argument \"height\"");
    EXPECT_EQ(Bind("[1,2,true,4]", false, nothing), "-32602 expected at most 3 arguments, got 4");
    EXPECT_EQ(Bind(R"({"height":1,"x":2})", false, nothing), "-32602 unknown argument \"x\"");
    EXPECT_EQ(Bind("[1,2,true,4,5,6]", true, nothing), "");
    EXPECT_EQ(Bind(R"({"height":1,"x":2})", true, nothing), "");
}

TEST(Arguments, Numbers) {
    const auto read = [](const std::string& value) {
        std::uint32_t number = 0;
        const std::string error =
            Bind('[' + value + ']', false, [&](Arguments& args) { number = args.NonNegative(0); });
        return error.empty() ? std::to_string(number) : error;
    };
    EXPECT_EQ(read("0"), "0");
    EXPECT_EQ(read("-0"), "0");
    EXPECT_EQ(read("\"17\""), "17");
    EXPECT_EQ(read("4294967295"), "4294967295");
    EXPECT_EQ(read("4294967296"), "4294967295");
    EXPECT_EQ(read("99999999999999999999999999"), "4294967295");
    for (const char* bad : {"-1", "1.5", "1e3", "true", "null", "[]", "{}"})
        EXPECT_EQ(read(bad), std::string("1 ") + bad + " should be a non-negative integer");
    EXPECT_EQ(read("\"x\""), "1 x should be a non-negative integer");
    EXPECT_EQ(read("\"\""), "1  should be a non-negative integer");
    EXPECT_EQ(read('"' + std::string(500, '9') + "z\""),
              "1 " + std::string(80, '9') + "... should be a non-negative integer");
}

TEST(Arguments, Hashes) {
    const std::string good = "AB" + std::string(62, '0');
    EXPECT_EQ(Bind("[\"" + good + "\"]", false,
                   [](Arguments& args) {
                       EXPECT_EQ(args.ScriptHash(0).bytes[31], 0xab);
                       EXPECT_EQ(args.Txid(0).bytes[31], 0xab);
                   }),
              "");
    for (const std::string& bad : {good.substr(1), good + "0", "z" + good.substr(1)}) {
        const std::string params = "[\"" + bad + "\"]";
        EXPECT_EQ(Bind(params, false, [](Arguments& args) { args.ScriptHash(0); }),
                  "1 " + bad + " is not a valid script hash");
        EXPECT_EQ(Bind(params, false, [](Arguments& args) { args.Txid(0); }),
                  "1 " + bad + " should be a transaction hash");
    }
    EXPECT_EQ(Bind("[5]", false, [](Arguments& args) { args.ScriptHash(0); }),
              "1 5 is not a valid script hash");
}

TEST(Arguments, TheFirstFaultCounts) {
    EXPECT_EQ(Bind("[-1,-2,3]", false,
                   [](Arguments& args) {
                       args.NonNegative(0);
                       args.NonNegative(1);
                       args.Boolean(2, false);
                   }),
              "1 -1 should be a non-negative integer");
    EXPECT_EQ(Bind("[1,2,\"yes\"]", false, [](Arguments& args) { args.Boolean(2, false); }),
              "1 yes should be a Boolean value");
}

}  // namespace
}  // namespace amber::server
