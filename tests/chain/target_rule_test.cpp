#include "index/chain/target_rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "index/chain/coin.h"

namespace amber::index {
namespace {

constexpr std::uint32_t kTwoWeeks = 14 * 24 * 60 * 60;

const TargetRule& RuleOf(std::string_view network) {
    return FindCoin("bitcoin", network)->target_rule;
}

/// The same by digits: numbers of base 256, lowest first, 64 digits.
struct Digits {
    std::uint8_t digit[64] = {};

    void Multiply(std::uint32_t by) {
        std::uint64_t carry = 0;
        for (auto& d : digit) {
            carry += std::uint64_t{d} * by;
            d = static_cast<std::uint8_t>(carry);
            carry >>= 8;
        }
    }
    void Divide(std::uint32_t by) {
        std::uint64_t rest = 0;
        for (int i = 63; i >= 0; --i) {
            rest = rest << 8 | digit[i];
            digit[i] = static_cast<std::uint8_t>(rest / by);
            rest %= by;
        }
    }
    static Digits FromCompact(std::uint32_t bits) {
        Digits number;
        for (int i = 0; i < 3; ++i)
            number.digit[static_cast<int>(bits >> 24) - 3 + i] =
                static_cast<std::uint8_t>(bits >> 8 * i);
        return number;
    }
    [[nodiscard]] std::uint32_t ToCompact() const {
        int size = 64;
        while (digit[size - 1] == 0) --size;
        if (digit[size - 1] >= 0x80) ++size;
        return static_cast<std::uint32_t>(size) << 24 |
               static_cast<std::uint32_t>(digit[size - 1]) << 16 |
               static_cast<std::uint32_t>(digit[size - 2]) << 8 | digit[size - 3];
    }
    [[nodiscard]] bool LargerThan(const Digits& other) const {
        for (int i = 63; i >= 0; --i)
            if (digit[i] != other.digit[i]) return digit[i] > other.digit[i];
        return false;
    }
};

std::uint32_t ByDigits(const TargetRule& rule, std::uint32_t bits, std::int64_t took) {
    Digits target = Digits::FromCompact(bits);
    target.Multiply(static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(took, kTwoWeeks / 4, std::int64_t{kTwoWeeks} * 4)));
    target.Divide(kTwoWeeks);
    return target.LargerThan(Digits::FromCompact(rule.easiest)) ? rule.easiest : target.ToCompact();
}

// Of mainnet: the blocks 32256, 68544 and 46368.
TEST(TargetRule, ChangesAsItDidOnMainnet) {
    const TargetRule& rule = RuleOf("mainnet");
    EXPECT_EQ(NextTarget(rule, 0x1d00ffff, 1261130161, 1262152739), 0x1d00d86au);
    EXPECT_EQ(NextTarget(rule, 0x1c05a3f4, 1279008237, 1279297671), 0x1c0168fdu);
    EXPECT_EQ(NextTarget(rule, 0x1c387f6f, 1263163443, 1269211443), 0x1d00e1fdu);
}

TEST(TargetRule, NeverEasierThanTheEasiest) {
    for (const auto* network : {"mainnet", "testnet", "testnet4", "signet"}) {
        const TargetRule& rule = RuleOf(network);
        EXPECT_EQ(NextTarget(rule, rule.easiest, 0, 10 * kTwoWeeks), rule.easiest) << network;
        EXPECT_LT(NextTarget(rule, rule.easiest, 0, kTwoWeeks / 2), rule.easiest) << network;
    }
}

TEST(TargetRule, StaysOnRegtest) {
    EXPECT_EQ(NextTarget(RuleOf("regtest"), 0x207fffff, 0, 1), 0x207fffffu);
}

TEST(TargetRule, EqualsArithmeticByDigits) {
    const auto seed = ::testing::UnitTest::GetInstance()->random_seed();
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    const TargetRule& rule = RuleOf("signet");
    for (int round = 0; round < 100'000; ++round) {
        const auto exponent = static_cast<std::uint32_t>(6 + random() % 24);
        const auto mantissa = static_cast<std::uint32_t>(0x8000 + random() % (0x800000 - 0x8000));
        const std::uint32_t bits = std::min(exponent << 24 | mantissa, rule.easiest);
        const auto first = static_cast<std::uint32_t>(random() % 2'000'000'000);
        // Before the first at times: clocks are not exact.
        const auto took = static_cast<std::int64_t>(random() % (6 * kTwoWeeks)) - kTwoWeeks / 2;
        const auto last =
            static_cast<std::uint32_t>(std::max<std::int64_t>(0, std::int64_t{first} + took));
        ASSERT_EQ(NextTarget(rule, bits, first, last),
                  ByDigits(rule, bits, std::int64_t{last} - first))
            << std::hex << bits << " from " << first << " to " << last << ", seed " << seed;
    }
}

}  // namespace
}  // namespace amber::index
