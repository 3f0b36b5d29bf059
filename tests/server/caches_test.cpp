#include <gtest/gtest.h>

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

TEST(AnswerCache, FindsByScriptAndKind) {
    AnswerCache cache(1 << 20);
    cache.Keep(ScriptNumber(1), AnswerKind::balance, "a balance");
    cache.Keep(ScriptNumber(1), AnswerKind::history, "a history");
    EXPECT_EQ(cache.Find(ScriptNumber(1), AnswerKind::balance), "a balance");
    EXPECT_EQ(cache.Find(ScriptNumber(1), AnswerKind::history), "a history");
    EXPECT_EQ(cache.Find(ScriptNumber(1), AnswerKind::status), std::nullopt);
    EXPECT_EQ(cache.Find(ScriptNumber(2), AnswerKind::balance), std::nullopt);
    cache.Keep(ScriptNumber(1), AnswerKind::balance, "another");
    EXPECT_EQ(cache.Find(ScriptNumber(1), AnswerKind::balance), "another");
}

TEST(AnswerCache, ForgetsEveryKindOfTouchedScripts) {
    constexpr AnswerKind kKinds[] = {AnswerKind::balance, AnswerKind::history, AnswerKind::mempool,
                                     AnswerKind::status, AnswerKind::unspent};
    AnswerCache cache(1 << 20);
    for (const AnswerKind kind : kKinds)
        for (unsigned n : {1u, 2u}) cache.Keep(ScriptNumber(n), kind, "old");
    const index::HashX touched[] = {ScriptNumber(1), ScriptNumber(3)};
    cache.Forget(touched);
    for (const AnswerKind kind : kKinds) {
        EXPECT_EQ(cache.Find(ScriptNumber(1), kind), std::nullopt);
        EXPECT_EQ(cache.Find(ScriptNumber(2), kind), "old");
    }
}

TEST(AnswerCache, StaysWithinItsBytesAndKeepsWhatIsAskedFor) {
    constexpr std::size_t kMost = 1 << 20;
    AnswerCache cache(kMost);
    const std::string answer(200, 'x');
    for (unsigned n = 0; n < 50'000; ++n) {
        cache.Keep(ScriptNumber(n), AnswerKind::history, answer);
        ASSERT_LE(cache.Bytes(), kMost) << n;
        ASSERT_NE(cache.Find(ScriptNumber(0), AnswerKind::history), std::nullopt) << n;
    }
    EXPECT_EQ(cache.Find(ScriptNumber(1), AnswerKind::history), std::nullopt);
    EXPECT_NE(cache.Find(ScriptNumber(49'999), AnswerKind::history), std::nullopt);
}

TEST(AnswerCache, WhatIsForgottenAndKeptAgainTakesNoMore) {
    AnswerCache cache(1 << 20);
    const index::HashX touched[] = {ScriptNumber(0)};
    cache.Keep(ScriptNumber(0), AnswerKind::history, "a history");
    const std::size_t bytes = cache.Bytes();
    for (int round = 0; round < 1'000; ++round) {
        cache.Forget(touched);
        EXPECT_EQ(cache.Find(ScriptNumber(0), AnswerKind::history), std::nullopt);
        cache.Keep(ScriptNumber(0), AnswerKind::history, "a history");
    }
    EXPECT_EQ(cache.Bytes(), bytes);
    EXPECT_EQ(cache.Find(ScriptNumber(0), AnswerKind::history), "a history");
}

TEST(AnswerCache, MakesRoomWhenAllWasAskedFor) {
    AnswerCache cache(1 << 20);
    const std::string answer(200, 'x');
    for (unsigned n = 0; n < 10'000; ++n) {
        cache.Keep(ScriptNumber(n), AnswerKind::balance, answer);
        ASSERT_NE(cache.Find(ScriptNumber(n), AnswerKind::balance), std::nullopt) << n;
        ASSERT_LE(cache.Bytes(), std::size_t{1} << 20) << n;
    }
}

TEST(AnswerCache, DoesNotKeepGiants) {
    AnswerCache cache(1 << 20);
    cache.Keep(ScriptNumber(1), AnswerKind::history, std::string(AnswerCache::kLongest + 1, 'x'));
    EXPECT_EQ(cache.Find(ScriptNumber(1), AnswerKind::history), std::nullopt);
}

}  // namespace
}  // namespace amber::server
