#include "daemon_client/json_text.h"

#include <gtest/gtest.h>

namespace amber::daemon_client {
namespace {

std::optional<std::string_view> ValueOf(std::string_view text) { return JsonCursor(text).Value(); }

TEST(JsonCursor, FindsTheEndOfValues) {
    EXPECT_EQ(ValueOf("  12.5e3 ,"), "12.5e3");
    EXPECT_EQ(ValueOf("null}"), "null");
    EXPECT_EQ(ValueOf(R"("a]}\"b\\" , 1)"), R"("a]}\"b\\")");
    EXPECT_EQ(ValueOf(R"([1,{"x":"]"},[]] 2)"), R"([1,{"x":"]"},[]])");
}

TEST(JsonCursor, RefusesWhatDoesNotEnd) {
    for (const char* text :
         {"", "   ", "\"abc", R"("abc\")", R"("abc\\\")", "[1,2", "{\"a\":[}", "[}", "[1,\"x]"})
        EXPECT_EQ(ValueOf(text), std::nullopt) << text;
}

TEST(JsonCursor, RefusesDeepNesting) {
    EXPECT_NE(ValueOf(std::string(64, '[') + std::string(64, ']')), std::nullopt);
    EXPECT_EQ(ValueOf(std::string(65, '[') + std::string(65, ']')), std::nullopt);
}

TEST(JsonText, PlainStringsHaveNoEscapes) {
    EXPECT_EQ(PlainString("\"abc\""), "abc");
    EXPECT_EQ(PlainString("\"\""), "");
    EXPECT_EQ(PlainString("\"a\\n\""), std::nullopt);
    EXPECT_EQ(PlainString("abc"), std::nullopt);
    EXPECT_EQ(PlainString("\""), std::nullopt);
    EXPECT_EQ(PlainString(""), std::nullopt);
}

TEST(JsonText, KnowsJson) {
    for (const char* text : {"1", "[]", R"({"a":[1,2.5e-3,null,true,"x"]})", "\"\\u00e9\""})
        EXPECT_TRUE(IsJson(text)) << text;
    for (const char* text : {"", "[1,]", "{\"a\" 1}", "nul", "[1] 2", "\"\xff\"", "01"})
        EXPECT_FALSE(IsJson(text)) << text;
}

TEST(JsonText, Quotes) { EXPECT_EQ(JsonQuote("a\"b\\\n"), R"("a\"b\\\n")"); }

}  // namespace
}  // namespace amber::daemon_client
