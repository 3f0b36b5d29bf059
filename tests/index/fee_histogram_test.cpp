#include "index/mempool/fee_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace amber::index {
namespace {

TEST(FeeHistogram, IsEmptyWithoutTransactions) { EXPECT_TRUE(MakeFeeHistogram({}).empty()); }

TEST(FeeHistogram, RatesAreRoundedDownToTenths) {
    // 1.99 sat/vB of 100,000 vB: one lump above the first bin.
    EXPECT_EQ(MakeFeeHistogram({{199'000, 100'000}}), (FeeHistogram{{1.9, 100'000}}));
    EXPECT_EQ(MakeFeeHistogram({{200'000, 100'000}}), (FeeHistogram{{2.0, 100'000}}));
}

TEST(FeeHistogram, WhatDoesNotFillABinIsLeftOut) {
    EXPECT_TRUE(MakeFeeHistogram({{1000, 30'000}}, 30'000).empty()) << "full is not over";
    EXPECT_EQ(MakeFeeHistogram({{30'001, 30'001}}, 30'000), (FeeHistogram{{1.0, 30'001}}));
}

TEST(FeeHistogram, BinsGrowByATenth) {
    // Ten rates of 60 vB each, first bin 100: bins of 100, 110, 121, 133.1, 146.41.
    std::vector<FeeAndSize> txs;
    for (Amount rate = 10; rate > 0; --rate) txs.push_back({rate * 60, 60});
    EXPECT_EQ(MakeFeeHistogram(txs, 100),
              (FeeHistogram{{9.0, 120}, {7.0, 120}, {4.0, 180}, {1.0, 180}}));
}

TEST(FeeHistogram, LumpDoesNotHideWhatPaysMore) {
    EXPECT_EQ(MakeFeeHistogram({{50 * 10, 50}, {201 * 3, 201}}, 100),
              (FeeHistogram{{10.0, 50}, {3.0, 201}}));
    EXPECT_EQ(MakeFeeHistogram({{50 * 10, 50}, {200 * 3, 200}}, 100), (FeeHistogram{{3.0, 250}}));
}

TEST(FeeHistogram, OrderOfTransactionsDoesNotMatter) {
    std::mt19937 random(7);
    std::vector<FeeAndSize> txs;
    for (int i = 0; i < 2000; ++i)
        txs.push_back({static_cast<Amount>(random() % 100'000),
                       static_cast<std::uint32_t>(100 + random() % 900)});
    const auto histogram = MakeFeeHistogram(txs);
    std::shuffle(txs.begin(), txs.end(), random);
    EXPECT_EQ(MakeFeeHistogram(txs), histogram);
    EXPECT_TRUE(std::is_sorted(histogram.rbegin(), histogram.rend(),
                               [](auto& a, auto& b) { return a.first < b.first; }));
    std::uint64_t listed = 0, all = 0;
    for (const auto& [rate, size] : histogram) listed += size;
    for (const auto& tx : txs) all += tx.vsize;
    EXPECT_LE(listed, all);
    EXPECT_GT(listed, all * 8 / 10);
}

}  // namespace
}  // namespace amber::index
