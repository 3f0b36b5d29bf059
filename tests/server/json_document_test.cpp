#include "server/protocol/json_document.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>

namespace amber::server {
namespace {

namespace json = boost::json;

/// Writes what was read, so that it can be read again by another parser.
void Rewrite(const JsonDocument& document, const JsonValue& value, std::string& out) {
    const bool object = value.kind == JsonKind::object;
    if (!object && value.kind != JsonKind::array) {
        if (value.kind == JsonKind::string)
            out += json::serialize(json::string(value.text));
        else
            out += value.raw;
        return;
    }
    out += object ? '{' : '[';
    const JsonValue* item = &value + 1;
    for (std::uint32_t i = 0; i < value.count; ++i, item = document.After(*item)) {
        if (i != 0) out += ',';
        if (object) out += json::serialize(json::string(item->key)) + ':';
        Rewrite(document, *item, out);
    }
    out += object ? '}' : ']';
}

/// True if both agree whether `text` is JSON, and on what it says.
bool AgreesWithBoost(const std::string& text) {
    JsonDocument document;
    const bool good = document.Parse(text) == JsonFault::none;
    boost::system::error_code failed;
    const json::value wanted = json::parse(text, failed);
    if (failed == json::error::exponent_overflow) return true;  // it gives up; we keep the digits
    if (good == failed.failed()) return false;
    if (!good) return true;
    std::string rewritten;
    Rewrite(document, document.Root(), rewritten);
    return json::parse(rewritten) == wanted;
}

TEST(JsonDocument, KeepsWhatWasWritten) {
    JsonDocument document;
    const std::string text =
        R"( {"id" : 12345678901234567890123 , "a\u0062":[true, null,"x\n\"y"]} )";
    ASSERT_EQ(document.Parse(text), JsonFault::none);
    const JsonValue& root = document.Root();
    EXPECT_EQ(root.kind, JsonKind::object);
    EXPECT_EQ(root.count, 2u);
    EXPECT_EQ(document.Member(root, "id")->raw, "12345678901234567890123");
    const JsonValue* list = document.Member(root, "ab");
    ASSERT_NE(list, nullptr);
    EXPECT_EQ(list->raw, R"([true, null,"x\n\"y"])");
    const JsonValue* item = document.First(*list);
    EXPECT_EQ(item->raw, "true");
    item = document.After(*document.After(*item));
    EXPECT_EQ(item->text, "x\n\"y");
    EXPECT_EQ(document.Member(root, "b"), nullptr);
}

TEST(JsonDocument, TheLastOfEqualNamesCounts) {
    JsonDocument document;
    ASSERT_EQ(document.Parse(R"({"a":1,"a":2})"), JsonFault::none);
    EXPECT_EQ(document.Member(document.Root(), "a")->raw, "2");
}

TEST(JsonDocument, NamesItsFaults) {
    JsonDocument document;
    for (const char* text :
         {"",    " ",       "{",           "[1,]",     "[1 2]", "{\"a\" 1}", "{\"a\":1,}", "{1:2}",
          "nul", "truee",   "01",          "1.",       ".5",    "+1",        "-",          "1e",
          "\"",  "\"\\x\"", "\"\\u12g4\"", "\"a\nb\"", "1 1",   "'a'"})
        EXPECT_EQ(document.Parse(text), JsonFault::syntax) << text;
    for (const char* text :
         {"\"\xff\"", "\"\xc3\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
          "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\""})
        EXPECT_EQ(document.Parse(text), JsonFault::encoding) << text;
}

TEST(JsonDocument, IsBounded) {
    JsonDocument document;
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_EQ(document.Parse(nested(JsonDocument::kMaxDepth)), JsonFault::none);
    EXPECT_EQ(document.Parse(nested(JsonDocument::kMaxDepth + 1)), JsonFault::depth);
    EXPECT_EQ(document.Parse(std::string(1'000'000, '[')), JsonFault::depth);

    std::string many = "[";
    for (std::size_t i = 1; i < JsonDocument::kMaxValues; ++i) many += "1,";
    EXPECT_EQ(document.Parse(many + "1]"), JsonFault::size);
    many.resize(many.size() - 1);
    EXPECT_EQ(document.Parse(many + "]"), JsonFault::none);
}

TEST(JsonDocument, UnescapedContentsStayValid) {
    std::string text = "[";
    for (int i = 0; i < 1000; ++i) text += "\"\\u20ac" + std::to_string(i) + "\",";
    text.back() = ']';
    JsonDocument document;
    ASSERT_EQ(document.Parse(text), JsonFault::none);
    const JsonValue* item = document.First(document.Root());
    for (int i = 0; i < 1000; ++i, item = document.After(*item))
        ASSERT_EQ(item->text, "\xe2\x82\xac" + std::to_string(i));
}

TEST(JsonDocument, AgreesWithBoostOnMutatedTexts) {
    const std::string seeds[] = {
        R"({"jsonrpc":"2.0","id":1,"method":"blockchain.scripthash.get_history","params":["ab"]})",
        R"([{"id":"x\u00e9\ud83d\ude00","method":"server.ping"},{"a":[1.5e-3,-0,{}],"b":null}])",
        "[\"\xc3\xa9\xf0\x9f\x98\x80\", true, false, 12345678901234567890]"};
    const std::string alphabet = "{}[]\",:\\u0123eE+-.nulltruefalse \t\x80\xc3\xff\n";
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 30'000; ++round) {
        std::string text = seeds[random() % std::size(seeds)];
        for (unsigned edits = random() % 4; edits > 0; --edits) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
                case 0:
                    text[at] = alphabet[random() % alphabet.size()];
                    break;
                case 1:
                    text.erase(at, 1 + random() % 3);
                    break;
                default:
                    text.insert(at, 1, alphabet[random() % alphabet.size()]);
            }
            if (text.empty()) text = " ";
        }
        ASSERT_TRUE(AgreesWithBoost(text)) << text;
    }
}

}  // namespace
}  // namespace amber::server
