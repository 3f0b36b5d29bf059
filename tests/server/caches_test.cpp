#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "index/chain/sha256.h"
#include "server/methods/answer_cache.h"
#include "server/methods/raw_tx_cache.h"
#include "tests/server/fake_world.h"

namespace amber::server {
namespace {

using test::MakeTxid;

RawTxCache::Text MakeText(std::size_t size) {
    return std::make_shared<const std::string>(size, 'a');
}

TEST(RawTxCache, KeepsTheMostRecentlyUsedWithinItsBytes) {
    const index::BlockHash block{};
    RawTxCache cache(10'000);
    for (unsigned n = 0; n < 5; ++n) cache.Put(MakeTxid(n), block, MakeText(1500));
    EXPECT_NE(cache.Find(MakeTxid(0), block), nullptr);  // now the newest
    cache.Put(MakeTxid(5), block, MakeText(1500));
    EXPECT_EQ(cache.Find(MakeTxid(1), block), nullptr);
    for (unsigned n : {0u, 2u, 3u, 4u, 5u}) EXPECT_NE(cache.Find(MakeTxid(n), block), nullptr) << n;
    cache.Put(MakeTxid(6), block, MakeText(20'000));  // never fits
    EXPECT_EQ(cache.Find(MakeTxid(6), block), nullptr);
}

TEST(RawTxCache, KnowsTheBlockItIsFrom) {
    index::BlockHash first{}, second{};
    second.bytes[0] = 1;
    RawTxCache cache(10'000);
    cache.Put(MakeTxid(1), first, MakeText(10));
    EXPECT_EQ(cache.Find(MakeTxid(1), second), nullptr);
    cache.Put(MakeTxid(1), second, MakeText(20));
    EXPECT_EQ(cache.Find(MakeTxid(1), first), nullptr);
    EXPECT_EQ(cache.Find(MakeTxid(1), second)->size(), 20u);
}

index::HashX ScriptNumber(unsigned n) {
    index::HashX script;
    for (std::size_t i = 0; i < 4; ++i) script.bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
    return script;
}

/// The cache as someone at one view sees it.
class AtView {
public:
    AtView(AnswerCache& cache, std::uint64_t serial) : cache_(cache), serial_(serial) {}
    void Keep(const index::HashX& script, AnswerKind kind, std::string_view answer) {
        cache_.Keep(serial_, script, kind, answer);
    }
    std::optional<std::string> Find(const index::HashX& script, AnswerKind kind) {
        std::string out;
        JsonWriter writer(out);
        if (!cache_.Find(serial_, script, kind, writer)) return std::nullopt;
        return out;
    }

private:
    AnswerCache& cache_;
    const std::uint64_t serial_;
};

constexpr std::size_t kMost = 8 << 20;

TEST(AnswerCache, FindsByScriptAndKind) {
    AnswerCache cache(kMost);
    AtView now(cache, 0);
    now.Keep(ScriptNumber(1), AnswerKind::balance, "a balance");
    now.Keep(ScriptNumber(1), AnswerKind::history, "a history");
    EXPECT_EQ(now.Find(ScriptNumber(1), AnswerKind::balance), "a balance");
    EXPECT_EQ(now.Find(ScriptNumber(1), AnswerKind::history), "a history");
    EXPECT_EQ(now.Find(ScriptNumber(1), AnswerKind::status), std::nullopt);
    EXPECT_EQ(now.Find(ScriptNumber(2), AnswerKind::balance), std::nullopt);
    now.Keep(ScriptNumber(1), AnswerKind::balance, "another");
    EXPECT_EQ(now.Find(ScriptNumber(1), AnswerKind::balance), "another");
}

TEST(AnswerCache, ForgetsEveryKindOfTouchedScripts) {
    constexpr AnswerKind kKinds[] = {AnswerKind::balance, AnswerKind::history, AnswerKind::mempool,
                                     AnswerKind::status, AnswerKind::unspent};
    AnswerCache cache(kMost);
    AtView before(cache, 0), after(cache, 1);
    for (const AnswerKind kind : kKinds)
        for (unsigned n : {1u, 2u}) before.Keep(ScriptNumber(n), kind, "old");
    const index::HashX touched[] = {ScriptNumber(1), ScriptNumber(3)};
    cache.MoveTo(1, touched);
    for (const AnswerKind kind : kKinds) {
        EXPECT_EQ(after.Find(ScriptNumber(1), kind), std::nullopt);
        EXPECT_EQ(after.Find(ScriptNumber(2), kind), "old");
    }
}

/// A thread may still be at the view before, and the pool already at the next.
TEST(AnswerCache, IsClosedToOtherViews) {
    AnswerCache cache(kMost);
    cache.MoveTo(5, {});
    AtView before(cache, 4), now(cache, 5), after(cache, 6);
    now.Keep(ScriptNumber(1), AnswerKind::status, "right");
    for (AtView* other : {&before, &after}) {
        EXPECT_EQ(other->Find(ScriptNumber(1), AnswerKind::status), std::nullopt);
        other->Keep(ScriptNumber(1), AnswerKind::status, "wrong");
        other->Keep(ScriptNumber(2), AnswerKind::status, "wrong");
    }
    EXPECT_EQ(now.Find(ScriptNumber(1), AnswerKind::status), "right");
    EXPECT_EQ(now.Find(ScriptNumber(2), AnswerKind::status), std::nullopt);
}

TEST(AnswerCache, StaysWithinItsBytesAndKeepsWhatIsAskedFor) {
    AnswerCache cache(kMost);
    AtView now(cache, 0);
    const std::string answer(200, 'x');
    for (unsigned n = 0; n < 100'000; ++n) {
        now.Keep(ScriptNumber(n), AnswerKind::history, answer);
        ASSERT_NE(now.Find(ScriptNumber(0), AnswerKind::history), std::nullopt) << n;
        ASSERT_TRUE(n % 100 != 0 || cache.Bytes() <= kMost) << n;
    }
    EXPECT_GT(cache.Bytes(), kMost * 9 / 10);
    EXPECT_EQ(now.Find(ScriptNumber(1), AnswerKind::history), std::nullopt);
    EXPECT_NE(now.Find(ScriptNumber(99'999), AnswerKind::history), std::nullopt);
}

TEST(AnswerCache, WhatIsForgottenAndKeptAgainTakesNoMore) {
    AnswerCache cache(kMost);
    const index::HashX touched[] = {ScriptNumber(0)};
    AtView(cache, 0).Keep(ScriptNumber(0), AnswerKind::history, "a history");
    const std::size_t bytes = cache.Bytes();
    for (unsigned serial = 1; serial < 1'000; ++serial) {
        cache.MoveTo(serial, touched);
        AtView now(cache, serial);
        EXPECT_EQ(now.Find(ScriptNumber(0), AnswerKind::history), std::nullopt);
        now.Keep(ScriptNumber(0), AnswerKind::history, "a history");
        EXPECT_EQ(now.Find(ScriptNumber(0), AnswerKind::history), "a history");
    }
    EXPECT_EQ(cache.Bytes(), bytes);
}

TEST(AnswerCache, MakesRoomWhenAllWasAskedFor) {
    AnswerCache cache(kMost);
    AtView now(cache, 0);
    const std::string answer(200, 'x');
    for (unsigned n = 0; n < 100'000; ++n) {
        now.Keep(ScriptNumber(n), AnswerKind::balance, answer);
        ASSERT_NE(now.Find(ScriptNumber(n), AnswerKind::balance), std::nullopt) << n;
    }
    EXPECT_LE(cache.Bytes(), kMost);
}

TEST(AnswerCache, DoesNotKeepGiants) {
    AnswerCache cache(kMost);
    AtView now(cache, 0);
    now.Keep(ScriptNumber(1), AnswerKind::history, std::string(AnswerCache::kLongest + 1, 'x'));
    EXPECT_EQ(now.Find(ScriptNumber(1), AnswerKind::history), std::nullopt);
}

/// For the thread sanitizer: no answer of one view is ever found at another.
TEST(AnswerCache, ServesThreadsThatMoveAtDifferentTimes) {
    AnswerCache cache(kMost);
    const index::HashX script = ScriptNumber(7);
    std::atomic<std::uint64_t> announced{0};
    std::atomic<bool> wrong{false};
    std::vector<std::jthread> readers;
    for (int reader = 0; reader < 3; ++reader)
        readers.emplace_back([&](std::stop_token stop) {
            while (!stop.stop_requested()) {
                const std::uint64_t serial = announced;
                AtView now(cache, serial);
                const std::string right = std::to_string(serial);
                if (now.Find(script, AnswerKind::status).value_or(right) != right) wrong = true;
                now.Keep(script, AnswerKind::status, right);
            }
        });
    for (std::uint64_t serial = 1; serial <= 2'000; ++serial) {
        cache.MoveTo(serial, {&script, 1});
        announced = serial;
    }
    readers.clear();
    EXPECT_FALSE(wrong);
}

}  // namespace
}  // namespace amber::server
