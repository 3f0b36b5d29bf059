#include "daemon_client/p2p/chain_size.h"

#include <gtest/gtest.h>

#include <set>

namespace amber::daemon_client {
namespace {

std::uint64_t Estimate(std::uint32_t tip, std::size_t (*bytes_at)(std::uint32_t)) {
    ChainSize size;
    std::vector<std::size_t> sizes;
    for (const index::Height height : size.Begin({tip})) {
        EXPECT_LE(height.value, tip);
        sizes.push_back(bytes_at(height.value));
    }
    EXPECT_FALSE(size.IsDone());
    size.Add(sizes.size(), sizes);
    EXPECT_TRUE(size.IsDone());
    return size.Bytes();
}

TEST(ChainSize, IsThatOfEqualBlocks) {
    for (const std::uint32_t tip : {0u, 1u, 14u, 15u, 16u, 17u, 1000u, 900'000u, 4'000'000'000u})
        EXPECT_EQ(Estimate(tip, [](std::uint32_t) { return std::size_t{1000}; }),
                  1000 * (std::uint64_t{tip} + 1));
}

TEST(ChainSize, IsExactForShortChains) {
    // 0 + 1 + ... + 15
    EXPECT_EQ(Estimate(15, [](std::uint32_t height) { return std::size_t{height}; }), 120u);
}

TEST(ChainSize, IsCloseForGrowingBlocks) {
    const double estimate = static_cast<double>(
        Estimate(900'000, [](std::uint32_t height) { return std::size_t{height} * 2; }));
    EXPECT_NEAR(estimate, 9e5 * 9e5, 9e5 * 9e5 * 0.01);
}

TEST(ChainSize, AsksForEachHeightOnce) {
    for (std::uint32_t tip = 0; tip < 100; ++tip) {
        ChainSize size;
        const auto heights = size.Begin({tip});
        EXPECT_EQ((std::set(heights.begin(), heights.end()).size()), heights.size());
    }
}

TEST(ChainSize, DoesWithoutThoseThatDoNotCome) {
    ChainSize size;
    EXPECT_FALSE(size.HasBegun());
    const auto heights = size.Begin({99});
    size.Add(heights.size() - 1, {});
    EXPECT_FALSE(size.IsDone());
    EXPECT_EQ(size.Bytes(), 0u);
    size.Add(1, {500});
    EXPECT_TRUE(size.IsDone());
    EXPECT_EQ(size.Bytes(), 50'000u);
}

}  // namespace
}  // namespace amber::daemon_client
