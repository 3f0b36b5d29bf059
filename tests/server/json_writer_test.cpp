#include "server/protocol/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "server/protocol/utf8.h"

namespace amber::server {
namespace {

std::string DoubleText(double value) {
    std::string out;
    JsonWriter(out).Double(value);
    return out;
}

TEST(JsonWriter, Numbers) {
    std::string out;
    JsonWriter(out).Int(std::numeric_limits<std::int64_t>::min()).Raw(' ').Uint(~0ull);
    EXPECT_EQ(out, "-9223372036854775808 18446744073709551615");
    EXPECT_EQ(DoubleText(-1), "-1");
    EXPECT_EQ(DoubleText(0.00001), "0.00001");
    EXPECT_EQ(DoubleText(0.00012345), "0.00012345");
    EXPECT_EQ(DoubleText(12.3), "12.3");
    EXPECT_EQ(DoubleText(1e300).size(), 301u);
}

TEST(JsonWriter, Strings) {
    std::string out;
    JsonWriter(out).String("a\"b\\c\n\r\t\x01 \xc3\xa9/");
    EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\r\\t\\u0001 \xc3\xa9/\"");
}

TEST(JsonWriter, Hex) {
    std::string out;
    index::Txid txid;
    txid.bytes[0] = 0xab;
    JsonWriter(out).Hex(index::ByteView(txid.bytes).first(2)).Raw(' ').DisplayHex(txid);
    EXPECT_EQ(out, "\"ab00\" \"" + std::string(62, '0') + "ab\"");
}

TEST(Utf8, PrefixCutsNoCharacter) {
    const std::string_view text = "a\xc3\xa9\xf0\x9f\x98\x80z";
    EXPECT_EQ(Utf8Prefix(text, 8), text);
    EXPECT_EQ(Utf8Prefix(text, 6), "a\xc3\xa9");
    EXPECT_EQ(Utf8Prefix(text, 2), "a");
    EXPECT_EQ(Utf8Prefix(text, 0), "");
}

}  // namespace
}  // namespace amber::server
