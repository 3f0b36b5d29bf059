#include <gtest/gtest.h>

#include "index/chain/sha256.h"
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

}  // namespace
}  // namespace amber::server
