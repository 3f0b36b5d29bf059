#include "server/session/fair_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

namespace amber::server {
namespace {

using Queue = FairQueue<std::string>;

TEST(FairQueue, ServesAskersInTurn) {
    Queue queue(1000);
    for (const char* job : {"a1", "a2", "a3"}) EXPECT_TRUE(queue.Push(1, job));
    for (const char* job : {"b1", "b2"}) EXPECT_TRUE(queue.Push(2, job));
    EXPECT_TRUE(queue.Push(3, "c1"));
    std::string order;
    while (!queue.IsEmpty()) order += queue.Pop() + ' ';
    EXPECT_EQ(order, "a1 b1 c1 a2 b2 a3 ");
}

TEST(FairQueue, TheServersOwnAreEverySecond) {
    Queue queue(1000);
    for (const char* job : {"a1", "a2", "a3"}) EXPECT_TRUE(queue.Push(1, job));
    for (const char* job : {"x1", "x2"}) EXPECT_TRUE(queue.Push(Queue::kOwn, job));
    std::string order;
    while (!queue.IsEmpty()) order += queue.Pop() + ' ';
    EXPECT_EQ(order, "x1 a1 x2 a2 a3 ");
}

TEST(FairQueue, ANewcomerFindsRoomInAFullOne) {
    Queue queue(3);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.Push(1, "a"));
    EXPECT_FALSE(queue.Push(1, "a"));
    EXPECT_TRUE(queue.Push(2, "b"));
    EXPECT_FALSE(queue.Push(2, "b"));
    EXPECT_FALSE(queue.Push(Queue::kOwn, "x"));
    EXPECT_EQ(queue.Size(), 4u);
    EXPECT_TRUE(queue.Push(3, "c"));
    EXPECT_TRUE(queue.Push(4, "d"));
    EXPECT_FALSE(queue.Push(5, "e")) << "twice as many: for nobody";
    queue.Clear();
    EXPECT_TRUE(queue.IsEmpty());
    EXPECT_TRUE(queue.Push(1, "a"));
    EXPECT_EQ(queue.Pop(), "a");
}

/// Random pushes and pops: each asker's jobs keep their order, none is lost, and between two jobs
/// of an asker who has one waiting nobody has more than one.
TEST(FairQueue, NobodyIsPassedTwice) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    FairQueue<std::pair<std::uint64_t, int>> queue(1'000'000);
    std::map<std::uint64_t, int> pushed, popped;
    std::map<std::uint64_t, std::set<std::uint64_t>> passed_by;  // while the first one waits
    const auto pop = [&] {
        const auto [asker, number] = queue.Pop();
        ASSERT_EQ(number, popped[asker]++);
        passed_by[asker].clear();
        for (auto& [other, count] : pushed) {
            if (other == asker || popped[other] == count) continue;
            ASSERT_TRUE(passed_by[other].insert(asker).second) << asker << " passed " << other;
        }
    };
    for (int i = 0; i < 50'000; ++i) {
        const std::uint64_t asker = 1 + std::min(random() % 8, random() % 8);
        if (random() % 2 == 0) {
            ASSERT_TRUE(queue.Push(asker, {asker, pushed[asker]}));
            ++pushed[asker];
        } else if (!queue.IsEmpty()) {
            pop();
        }
        if (HasFatalFailure()) return;
    }
    while (!queue.IsEmpty() && !HasFatalFailure()) pop();
    EXPECT_EQ(pushed, popped);
}

}  // namespace
}  // namespace amber::server
