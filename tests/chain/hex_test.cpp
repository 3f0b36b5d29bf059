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

TEST(Hex, EveryByteAtEveryPlace) {
    constexpr char kDigits[] = "0123456789abcdef";
    for (std::size_t place = 0; place < 70; ++place) {
        for (std::size_t value = 0; value < 256; ++value) {
            Bytes bytes(70, 0x12);
            bytes[place] = static_cast<std::uint8_t>(value);
            std::string expected;
            for (const std::uint8_t byte : bytes) {
                expected += kDigits[byte >> 4];
                expected += kDigits[byte & 15];
            }
            ASSERT_EQ(ToHex(bytes), expected);
        }
    }
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
        EXPECT_EQ(text.size(), 2 * size);
        EXPECT_EQ(FromHex(text), bytes);
        for (char& c : text) c = static_cast<char>(std::toupper(c));
        EXPECT_EQ(FromHex(text), bytes);
    }
}

TEST(Hex, ReversedIsTheSameOfReversedBytes) {
    std::mt19937 random(20261122);
    for (std::size_t size = 0; size < 150; ++size) {
        Bytes bytes(size);
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
        std::string text(2 * size + 2, '!');
        EncodeHexReversed(bytes, text.data() + 1);
        EXPECT_EQ(text, "!" + ToHex(Bytes(bytes.rbegin(), bytes.rend())) + "!") << size;
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
