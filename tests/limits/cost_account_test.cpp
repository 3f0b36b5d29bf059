#include "server/limits/cost_account.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace amber::server {
namespace {

using namespace std::chrono_literals;

const CostAccount::Clock::time_point kStart = CostAccount::Clock::now();

TEST(CostAccount, ForgivesWithTime) {
    CostAccount account;
    EXPECT_EQ(account.Cost(kStart), 0);
    account.Charge(100, kStart);
    EXPECT_NEAR(account.Cost(kStart), 100, 1e-6);
    EXPECT_NEAR(account.Cost(kStart + 4s), 60, 1e-6);
    account.Charge(5, kStart + 4s);
    EXPECT_NEAR(account.Cost(kStart + 4s), 65, 1e-6);
    EXPECT_EQ(account.Cost(kStart + 11s), 0);
    // What was forgiven beyond is no credit.
    account.Charge(1, kStart + 100s);
    EXPECT_NEAR(account.Cost(kStart + 100s), 1, 1e-6);
}

TEST(CostAccount, AddsUpOverThreads) {
    CostAccount account;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 10'000; ++i) account.Charge(0.01, kStart);
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_NEAR(account.Cost(kStart), 400, 1e-3);
}

TEST(CostRules, SlowFromTheSoftLimitToTheHard) {
    const CostRules rules{.soft = 100, .hard = 300};
    EXPECT_EQ(rules.Slowness(0), 0);
    EXPECT_EQ(rules.Slowness(100), 0);
    EXPECT_EQ(rules.Slowness(150), 0.25);
    EXPECT_EQ(rules.Slowness(300), 1);
    EXPECT_EQ(rules.Slowness(1e9), 1);
}

TEST(CostRules, SwitchedOffOrUpsideDown) {
    EXPECT_EQ((CostRules{.soft = 0, .hard = 300}.Slowness(200)), 0);
    EXPECT_EQ((CostRules{.soft = 100, .hard = 0}.Slowness(200)), 0);
    EXPECT_FALSE((CostRules{.soft = 100, .hard = 0}.AreOn()));
    EXPECT_EQ((CostRules{.soft = 500, .hard = 300}.Slowness(200)), 0);
    EXPECT_EQ((CostRules{.soft = 500, .hard = 300}.Slowness(400)), 1);
}

}  // namespace
}  // namespace amber::server
