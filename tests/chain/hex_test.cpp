#include "index/chain/hex.h"

#include <gtest/gtest.h>

#include <random>

namespace amber::index {
namespace {

TEST(Hex, KnownBytes) {
    EXPECT_EQ(ToHex({}), "");
    EXPECT_EQ(ToHex(Bytes{0x00, 0x7f, 0x80, 0xff}), "007f80ff");
    EXPECT_EQ(FromHex("007F80ff"), (Bytes{0x00, 0x7f, 0x80, 0xff}));
    EXPECT_EQ(FromHex(""), Bytes{});
}

TEST(Hex, AppendKeepsWhatWasThere) {
    std::string text = "id:";
    AppendHex(text, Bytes{0xab});
    EXPECT_EQ(text, "id:ab");
}

TEST(Hex, RefusesOddLengths) {
    EXPECT_FALSE(FromHex("a"));
    EXPECT_FALSE(FromHex("abc"));
}

TEST(Hex, RoundTripOfEveryLengthAndBothCases) {
    std::mt19937 random(20261121);
    for (std::size_t size = 0; size < 300; ++size) {
        Bytes bytes(size);
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
        std::string text = ToHex(bytes);
        EXPECT_EQ(FromHex(text), bytes);
        for (char& c : text) c = static_cast<char>(std::toupper(c));
        EXPECT_EQ(FromHex(text), bytes);
    }
}

TEST(Hex, RefusesEveryOtherCharacterAtEveryPlace) {
    // 70 digits reach both the vectorised part and the rest.
    const std::string good(70, '7');
    for (std::size_t place = 0; place < good.size(); ++place) {
        for (int c = 0; c < 256; ++c) {
            std::string text = good;
            text[place] = static_cast<char>(c);
            const bool is_digit = c < 128 && std::isxdigit(c) != 0;
            EXPECT_EQ(FromHex(text).has_value(), is_digit) << "character " << c << " at " << place;
        }
    }
}

TEST(Hex, WritesNothingPastTheEnd) {
    for (std::size_t size = 0; size < 100; ++size) {
        Bytes out(size + 64, 0xee);
        ASSERT_TRUE(DecodeHex(std::string(2 * size, '0'), out.data()));
        EXPECT_EQ(out, [&] {
            Bytes expected(size + 64, 0xee);
            std::fill_n(expected.begin(), size, 0);
            return expected;
        }());
    }
}

}  // namespace
}  // namespace amber::index
