#include "daemon_client/block_plan.h"

#include <gtest/gtest.h>

#include <random>

namespace amber::daemon_client {
namespace {

using index::Block;
using index::BlockHash;
using index::Height;

BlockHash HashOf(std::uint32_t number) {
    BlockHash hash;
    for (int i = 0; i < 4; ++i) hash.bytes[i] = static_cast<std::uint8_t>(number >> 8 * i);
    return hash;
}

Block BlockOf(std::uint32_t number) {
    Block block;
    block.hash = HashOf(number);
    return block;
}

TEST(BlockPlan, GoesFromAnnouncedToTaken) {
    BlockPlan plan;
    plan.Restart({10});
    plan.Announce(HashOf(0));
    plan.Announce(HashOf(1));
    EXPECT_EQ(plan.First(), Height{10});
    EXPECT_EQ(plan.End(), Height{12});
    EXPECT_EQ(plan.FirstAnnounced(), Height{10});
    EXPECT_EQ(plan.HashAt({11}), HashOf(1));

    plan.Claim({10}, 1);
    EXPECT_EQ(plan.FirstAnnounced(), Height{11});
    EXPECT_EQ(plan.BytesHeld(), plan.SizeGuess());
    plan.NoteSize({10}, 1, 500);
    EXPECT_EQ(plan.BytesHeld(), 500u);
    EXPECT_FALSE(plan.IsReady());
    plan.Fill({10}, 1, BlockOf(0));
    EXPECT_TRUE(plan.IsReady());
    const auto taken = plan.Take(1);
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(taken[0].hash, HashOf(0));
    EXPECT_EQ(plan.First(), Height{11});
    EXPECT_EQ(plan.BytesHeld(), 0u);
}

TEST(BlockPlan, WhatIsGivenBackOrClaimedAnewIsNotFilledByTheOldFetch) {
    BlockPlan plan;
    plan.Announce(HashOf(0));
    plan.Claim({0}, 1);
    plan.GiveBack({0}, 1);
    EXPECT_TRUE(plan.IsAnnounced({0}));
    EXPECT_EQ(plan.BytesHeld(), 0u);
    plan.Fill({0}, 1, BlockOf(0));
    EXPECT_FALSE(plan.IsReady());
    plan.Claim({0}, 2);
    plan.Claim({0}, 3);
    EXPECT_FALSE(plan.Waits({0}, 2));
    plan.GiveBack({0}, 2);
    plan.Fill({0}, 2, BlockOf(0));
    EXPECT_FALSE(plan.IsReady());
    plan.Fill({0}, 3, BlockOf(0));
    EXPECT_TRUE(plan.IsReady());
}

TEST(BlockPlan, TheGuessFollowsSizesUpAtOnceAndDownSlowly) {
    BlockPlan plan;
    plan.LearnSize(4 << 20);
    EXPECT_EQ(plan.SizeGuess(), std::size_t{4} << 20);
    plan.LearnSize(1 << 20);
    EXPECT_GT(plan.SizeGuess(), std::size_t{3} << 20);
    for (int i = 0; i < 200; ++i) plan.LearnSize(100);
    EXPECT_LT(plan.SizeGuess(), 200u);
    for (int i = 0; i < 200; ++i) plan.LearnSize(0);
    EXPECT_GE(plan.SizeGuess(), 1u);
    plan.ForgetSizes();
    EXPECT_EQ(plan.SizeGuess(), std::size_t{1} << 20);
}

// Against a list of the same, in which everything is counted anew.
TEST(BlockPlan, CountsRightWhateverHappens) {
    const auto seed = ::testing::UnitTest::GetInstance()->random_seed();
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    struct Slot {
        std::uint32_t number = 0;
        std::uint64_t id = 0;
        std::size_t bytes = 0;
        bool ready = false;
    };
    BlockPlan plan;
    std::vector<Slot> slots;
    std::uint32_t first = 0, number = 0;
    std::uint64_t last_id = 0;
    for (int step = 0; step < 50'000; ++step) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", step " + std::to_string(step));
        const std::size_t place = slots.empty() ? 0 : random() % slots.size();
        const Height height{first + static_cast<std::uint32_t>(place)};
        const auto what = random() % 20;
        if (slots.empty() || what < 5) {
            plan.Announce(HashOf(number));
            slots.push_back({number++});
        } else if (what < 9 && !slots[place].ready) {
            slots[place].id = ++last_id;
            slots[place].bytes = plan.SizeGuess();
            plan.Claim(height, last_id);
        } else if (what < 11) {
            const std::uint64_t id = random() % 3 == 0 ? random() % (last_id + 1) : slots[place].id;
            plan.GiveBack(height, id);
            if (slots[place].id == id && id != 0 && !slots[place].ready) {
                slots[place].id = 0;
                slots[place].bytes = 0;
            }
        } else if (what < 13 && slots[place].id != 0) {
            const std::size_t bytes = random() % 1000;
            plan.NoteSize(height, slots[place].id, bytes);
            if (!slots[place].ready) slots[place].bytes = bytes;
            plan.LearnSize(bytes);
        } else if (what < 17 && slots[place].id != 0) {
            plan.Fill(height, slots[place].id, BlockOf(slots[place].number));
            slots[place].ready = true;
        } else if (what == 17 && random() % 10 == 0) {
            plan.Truncate(height);
            slots.resize(place);
        } else if (what == 18 && random() % 50 == 0) {
            first = static_cast<std::uint32_t>(random() % 1000);
            plan.Restart({first});
            slots.clear();
        } else if (what == 19) {
            for (const Block& block : plan.Take(random() % 5000)) {
                ASSERT_TRUE(slots.front().ready);
                ASSERT_EQ(block.hash, HashOf(slots.front().number));
                slots.erase(slots.begin());
                ++first;
            }
        }
        std::size_t bytes = 0, announced = slots.size();
        for (std::size_t i = 0; i < slots.size(); ++i) {
            bytes += slots[i].bytes;
            if (slots[i].id == 0) announced = std::min(announced, i);
        }
        ASSERT_EQ(plan.First().value, first);
        ASSERT_EQ(plan.End().value, first + slots.size());
        ASSERT_EQ(plan.BytesHeld(), bytes);
        ASSERT_EQ(plan.FirstAnnounced().value, first + announced);
        ASSERT_EQ(plan.IsReady(), !slots.empty() && slots.front().ready);
    }
}

}  // namespace
}  // namespace amber::daemon_client
