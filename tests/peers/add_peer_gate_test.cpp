#include "server/peers/add_peer_gate.h"

#include <gtest/gtest.h>

namespace amber::server {
namespace {

using std::chrono::seconds;

struct AddPeerGateTest : testing::Test {
    std::mt19937 random{7};
    AddPeerGate gate{random};
    AddPeerGate::Time now{std::chrono::hours(1)};
};

TEST_F(AddPeerGateTest, ADomainOncePerPause) {
    EXPECT_TRUE(gate.Pass("a.example.org", now));
    EXPECT_FALSE(gate.Pass("b.example.org", now + seconds(599)));
    EXPECT_TRUE(gate.Pass("b.example.net", now));
    EXPECT_TRUE(gate.Pass("1.2.3.4", now));
    EXPECT_FALSE(gate.Pass("1.2.3.5", now));
    EXPECT_TRUE(gate.Pass("1.2.4.5", now));
    EXPECT_TRUE(gate.Pass("2a01:4f8:1::1", now));
    EXPECT_FALSE(gate.Pass("2a01:4f8:1:2::1", now));
    EXPECT_TRUE(gate.Pass("2a01:4f8:2::1", now));
    EXPECT_TRUE(gate.Pass("b.example.org", now + AddPeerGate::kPause));
}

TEST_F(AddPeerGateTest, OnionsRarelyWhoeverTheyAre) {
    std::size_t passed = 0;
    for (int second = 0; second < 24 * 3600; ++second)
        passed += gate.Pass("onion" + std::to_string(second) + ".onion", now + seconds(second));
    // The mean wait is half the longest: 144 of a day.
    EXPECT_GT(passed, 100U);
    EXPECT_LT(passed, 200U);
}

TEST_F(AddPeerGateTest, MemoryIsBounded) {
    const auto name = [](std::size_t i) {
        return "h.d" + std::to_string(i) + ".example" + std::to_string(i);
    };
    for (std::size_t i = 0; i < AddPeerGate::kRecentMax; ++i) ASSERT_TRUE(gate.Pass(name(i), now));
    EXPECT_FALSE(gate.Pass("one.more", now));
    EXPECT_TRUE(gate.Pass("one.more", now + AddPeerGate::kPause));
}

}  // namespace
}  // namespace amber::server
