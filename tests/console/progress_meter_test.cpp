#include "server/console/progress_meter.h"

#include <gtest/gtest.h>

#include <cmath>

namespace amber::server {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::steady_clock::time_point kStart{1000h};

/// A sync at a steady number of transactions per second over a chain whose count is c * h^power.
struct Chain {
    double power = 1;
    std::uint32_t target = 100'000;
    double total = 10'000'000;  ///< transactions

    std::uint64_t Txs(double height) const {
        return static_cast<std::uint64_t>(total * std::pow(height / target, power));
    }
    /// After `seconds` of a sync that takes `whole` seconds.
    ProgressSample At(double seconds, double whole) const {
        ProgressSample sample;
        sample.time = kStart + std::chrono::milliseconds(static_cast<long>(seconds * 1000));
        sample.target_height = target;
        sample.height = static_cast<std::uint32_t>(target * std::pow(seconds / whole, 1 / power));
        sample.txs = Txs(sample.height);
        sample.bytes = sample.txs * 400;
        return sample;
    }
};

TEST(ProgressMeter, KnowsNothingBeforeTheFirstSample) {
    const ProgressReading reading = ProgressMeter().Read();
    EXPECT_EQ(reading.fraction, 0);
    EXPECT_FALSE(reading.left);
}

TEST(ProgressMeter, DoesNotGuessFromTheFirstSeconds) {
    const Chain chain;
    ProgressMeter meter;
    for (double t = 0; t < 4.5; t += 0.25) meter.Add(chain.At(t, 1000));
    EXPECT_FALSE(meter.Read().left);
}

/// Transactions of one size, in blocks that grow: only the bytes tell how far it is. The process
/// goes on from where another had come.
TEST(ProgressMeter, GoesByBytesWhereTheyAreKnown) {
    const Chain chain{.power = 6};
    const std::uint64_t before = chain.At(100, 1000).bytes;
    ProgressMeter meter;
    for (double t = 100; t <= 500; t += 1) {
        auto sample = chain.At(t, 1000);
        sample.bytes -= before;
        sample.bytes_target = static_cast<std::uint64_t>(chain.total * 400) - before;
        meter.Add(sample);
    }
    const auto reading = meter.Read();
    EXPECT_NEAR(reading.fraction, 0.5, 0.01);
    ASSERT_TRUE(reading.left);
    EXPECT_NEAR(static_cast<double>(reading.left->count()), 500, 10);
    EXPECT_EQ(reading.bytes_target, static_cast<std::uint64_t>(chain.total * 400) - before);
}

TEST(ProgressMeter, MeasuresSpeeds) {
    const Chain chain;
    ProgressMeter meter;
    for (double t = 0; t <= 60; t += 0.25) meter.Add(chain.At(t, 1000));
    const ProgressReading reading = meter.Read();
    EXPECT_NEAR(reading.blocks_per_s, 100, 1);
    EXPECT_NEAR(reading.txs_per_s, 10'000, 100);
    EXPECT_NEAR(reading.bytes_per_s, 4e6, 4e4);
    EXPECT_EQ(reading.height, 6000U);
    EXPECT_EQ(reading.target_height, 100'000U);
}

TEST(ProgressMeter, CountsWhatFollowsTheLastBlock) {
    const Chain chain;
    ProgressMeter meter;
    for (double t = 0; t < 1500; t += 0.5) {
        // The last blocks are another builder's: they come when the tables are written.
        ProgressSample sample = chain.At(std::min(t, 999.0), 1000);
        sample.time = kStart + std::chrono::milliseconds(static_cast<long>(t * 1000));
        sample.tail = 0.5;
        sample.tail_done = std::max(0.0, (t - 1000) / 500);
        meter.Add(sample);
        if (t < 10) continue;
        const ProgressReading reading = meter.Read();
        ASSERT_TRUE(reading.left) << t;
        ASSERT_NEAR(static_cast<double>(reading.left->count()), 1500 - t, 0.03 * 1500) << t;
        ASSERT_NEAR(reading.fraction, t / 1500, 0.01) << t;
    }
}

TEST(ProgressMeter, LearnsFromTheTailHowLongItTakes) {
    for (const double foretold : {0.2, 0.5, 1.5}) {
        const Chain chain;
        ProgressMeter meter;
        for (double t = 0; t < 1500; t += 0.5) {
            ProgressSample sample = chain.At(std::min(t, 999.0), 1000);
            sample.time = kStart + std::chrono::milliseconds(static_cast<long>(t * 1000));
            sample.tail = foretold;
            // In jobs of 10 s.
            sample.tail_done = std::max(0.0, std::floor((t - 1000) / 10) * 10 / 500);
            meter.Add(sample);
            if (t < 10) continue;
            const auto left = meter.Read().left;
            ASSERT_TRUE(left) << t;
            if (t < 1220) continue;
            ASSERT_NEAR(static_cast<double>(left->count()), 1500 - t, 0.1 * (1500 - t) + 12)
                << foretold << " at " << t;
        }
    }
}

TEST(ProgressMeter, TellsTimeLeftWhereBlocksStayTheSame) {
    const Chain chain;
    ProgressMeter meter;
    for (double t = 0; t <= 1000; t += 0.5) {
        meter.Add(chain.At(t, 1000));
        if (t < 10) continue;
        const ProgressReading reading = meter.Read();
        ASSERT_TRUE(reading.left) << t;
        ASSERT_NEAR(static_cast<double>(reading.left->count()), 1000 - t, 0.02 * 1000) << t;
        ASSERT_NEAR(reading.fraction, t / 1000, 0.01) << t;
    }
}

TEST(ProgressMeter, SeesThatBlocksGrow) {
    for (const double power : {2.0, 3.0}) {
        Chain chain;
        chain.power = power;
        ProgressMeter meter;
        for (double t = 0; t <= 900; t += 0.5) {
            meter.Add(chain.At(t, 1000));
            if (t < 300) continue;
            const auto left = meter.Read().left;
            ASSERT_TRUE(left);
            // The growth is measured some way behind the tip, so it is told a little too low.
            ASSERT_GT(static_cast<double>(left->count()), 0.5 * (1000 - t)) << power << " at " << t;
            ASSERT_LT(static_cast<double>(left->count()), 1.2 * (1000 - t)) << power << " at " << t;
        }
    }
}

TEST(ProgressMeter, TakesTheTrueCountWhereItIsKnown) {
    Chain chain;
    chain.power = 3;
    ProgressMeter meter;
    for (double t = 0; t <= 100; t += 0.5) {
        ProgressSample sample = chain.At(t, 1000);
        sample.txs_target = static_cast<std::uint64_t>(chain.total);
        meter.Add(sample);
    }
    EXPECT_NEAR(static_cast<double>(meter.Read().left.value().count()), 900, 9);
    EXPECT_NEAR(meter.Read().fraction, 0.1, 0.001);
}

TEST(ProgressMeter, RidesOverBursts) {
    // Work is committed every 20 s only.
    const Chain chain;
    ProgressMeter meter;
    for (double t = 0; t <= 600; t += 0.5) {
        ProgressSample sample = chain.At(std::floor(t / 20) * 20, 1000);
        sample.time = kStart + std::chrono::milliseconds(static_cast<long>(t * 1000));
        meter.Add(sample);
        if (t < 200) continue;
        ASSERT_NEAR(static_cast<double>(meter.Read().left.value().count()), 1000 - t, 130) << t;
    }
}

TEST(ProgressMeter, FractionNeverFallsAndOneMeansDone) {
    Chain chain;
    chain.power = 2.5;
    ProgressMeter meter;
    double last = 0;
    for (double t = 0; t <= 999; t += 1) {
        meter.Add(chain.At(t, 1000));
        const double fraction = meter.Read().fraction;
        ASSERT_GE(fraction, last);
        ASSERT_LT(fraction, 1);
        last = fraction;
    }
    ProgressSample done = chain.At(1000, 1000);
    done.height = done.target_height;
    meter.Add(done);
    EXPECT_EQ(meter.Read().fraction, 1);
    EXPECT_EQ(meter.Read().left, 0s);
}

TEST(ProgressMeter, SurvivesReorganisationsStallsAndClocksThatStandStill) {
    const Chain chain;
    ProgressMeter meter;
    for (double t = 0; t <= 50; t += 1) meter.Add(chain.At(t, 1000));
    ProgressSample back = chain.At(30, 1000);
    back.time = kStart + 51s;
    meter.Add(back);
    meter.Add(back);
    EXPECT_GE(meter.Read().blocks_per_s, 0);
    for (int t = 52; t < 1000; ++t) {
        back.time = kStart + std::chrono::seconds(t);
        meter.Add(back);
    }
    const ProgressReading stalled = meter.Read();
    EXPECT_EQ(stalled.blocks_per_s, 0);
    EXPECT_FALSE(stalled.left);
    EXPECT_GE(stalled.fraction, 0);
}

TEST(ProgressMeter, SaysNothingWhileTheNodeIsSilent) {
    const Chain chain;
    ProgressMeter meter;
    for (double t = 0; t <= 20; t += 1) {
        ProgressSample sample = chain.At(t, 1000);
        sample.target_height = 0;
        meter.Add(sample);
    }
    EXPECT_EQ(meter.Read().fraction, 0);
    EXPECT_FALSE(meter.Read().left);
}

TEST(ProgressMeter, TargetBehindUsIsNoTrouble) {
    ProgressMeter meter;
    ProgressSample sample{kStart, 100, 50, 200, 0, 0};
    meter.Add(sample);
    EXPECT_EQ(meter.Read().fraction, 1);
    EXPECT_EQ(meter.Read().target_height, 100U);
}

}  // namespace
}  // namespace amber::server
