#include "daemon_client/block_files/block_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/daemon_client/block_files/block_directory.h"

namespace amber::daemon_client {
namespace {

using index::BlockHash;

constexpr std::uint32_t kEasy = 0x207fffff;    // work 2
constexpr std::uint32_t kHarder = 0x200fffff;  // work 16

BlockHash Hash(std::uint32_t number) {
    BlockHash hash;
    std::memcpy(hash.bytes.data(), &number, sizeof number);
    // The part that slots are chosen by: many collide.
    hash.bytes[8] = static_cast<std::uint8_t>(number % 16);
    return hash;
}

FoundBlock Block(std::uint32_t number, std::uint32_t on, std::uint32_t bits = kEasy) {
    return {Hash(number), Hash(on), bits, {number % 7, number * 1000, 100 + number}};
}

std::vector<std::uint32_t> Numbers(const std::vector<ChainedBlock>& chain) {
    std::vector<std::uint32_t> numbers;
    for (const ChainedBlock& block : chain) numbers.push_back(block.position.size - 100);
    return numbers;
}

TEST(BlockTable, FindsWhatWasAddedWhereItWasLast) {
    BlockTable table;
    EXPECT_FALSE(table.Find(Hash(1)));
    EXPECT_TRUE(table.BestChain(Hash(1)).empty());
    for (std::uint32_t i = 1; i <= 5000; ++i) table.Add(Block(i, i - 1));
    EXPECT_EQ(table.Size(), 5000u);
    for (std::uint32_t i = 1; i <= 5000; ++i)
        ASSERT_EQ(table.Find(Hash(i)), Block(i, i - 1).position);
    EXPECT_FALSE(table.Find(Hash(0))) << "known as a parent only";
    EXPECT_FALSE(table.Find(Hash(5001)));
    FoundBlock moved = Block(7, 6);
    moved.position = {9, 9, 9};
    table.Add(moved);
    EXPECT_EQ(table.Size(), 5000u);
    EXPECT_EQ(table.Find(Hash(7)), moved.position);
}

TEST(BlockTable, BestChainInAnyOrder) {
    // 1 - 2 - 3 - 4 - 5 (work 10), 2 - 10 - 11 (work 22), 20 - 21 .. without a way to 1.
    std::vector<FoundBlock> blocks = {Block(1, 0),
                                      Block(2, 1),
                                      Block(3, 2),
                                      Block(4, 3),
                                      Block(5, 4),
                                      Block(10, 2),
                                      Block(11, 10, kHarder),
                                      Block(21, 20, kHarder),
                                      Block(22, 21, kHarder)};
    for (std::uint32_t seed = 0; seed < 200; ++seed) {
        std::shuffle(blocks.begin(), blocks.end(), std::mt19937(seed));
        BlockTable table;
        for (const FoundBlock& block : blocks) table.Add(block);
        EXPECT_EQ(Numbers(table.BestChain(Hash(1))), (std::vector<std::uint32_t>{1, 2, 10, 11}))
            << "seed " << seed;
        EXPECT_EQ(table.BestChain(Hash(20)).size(), 3u) << "20 is known as a parent only";
        EXPECT_TRUE(table.BestChain(Hash(99)).empty());
    }
}

TEST(BlockTable, MissingBlocksEndTheChainAndMayComeLater) {
    BlockTable table;
    for (const std::uint32_t i : {1u, 2u, 4u, 5u}) table.Add(Block(i, i - 1));
    EXPECT_EQ(Numbers(table.BestChain(Hash(1))), (std::vector<std::uint32_t>{1, 2}));
    const auto stranded = table.FindStranded(Hash(1));
    ASSERT_TRUE(stranded);
    EXPECT_EQ(stranded->count, 2u);
    EXPECT_EQ(stranded->hash, Hash(4));
    EXPECT_EQ(stranded->missing, Hash(3));
    EXPECT_EQ(stranded->first, Block(4, 3).position);
    EXPECT_EQ(table.CountUpTo(Hash(2)), 2u);
    EXPECT_EQ(table.CountUpTo(Hash(5)), 2u) << "4 and 5";
    EXPECT_EQ(table.CountUpTo(Hash(3)), 0u) << "known as a parent only";
    table.Add(Block(3, 2));
    EXPECT_FALSE(table.FindStranded(Hash(1)));
    EXPECT_FALSE(table.FindStranded(Hash(4))) << "1 to 3 lead there";
    EXPECT_EQ(table.CountUpTo(Hash(4)), 4u);
    EXPECT_EQ(Numbers(table.BestChain(Hash(1))), (std::vector<std::uint32_t>{1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace amber::daemon_client
