#include "index/utxo_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/index/random_chain.h"

namespace amber::index {
namespace {

/// Follows the cache's own rule: outpoints that differ, but whose fingerprints are one.
OutPoint Twin(const OutPoint& original, std::uint32_t index) {
    std::uint64_t bits;
    std::memcpy(&bits, original.txid.bytes.data(), sizeof bits);
    bits ^= original.index * 0x9e3779b97f4a7c15ull ^ index * 0x9e3779b97f4a7c15ull;
    OutPoint twin{original.txid, index};
    std::memcpy(twin.txid.bytes.data(), &bits, sizeof bits);
    twin.txid.bytes[31] ^= 1;  // where the indexes are equal, another transaction all the same
    return twin;
}

struct UtxoCacheTest : testing::Test {
    UnspentOutput Add(const OutPoint& outpoint) {
        UnspentOutput output{{first.value + txids.size()}, outpoint.index, {}, 0};
        output.hash_x.bytes.fill(static_cast<std::uint8_t>(txids.size()));
        output.value = static_cast<Amount>(21'000'000 * 100'000'000ll - txids.size());
        txids.push_back(outpoint.txid);
        cache.Add(outpoint, output);
        return output;
    }
    void ExpectRemoves(const OutPoint& outpoint, const UnspentOutput& wanted) {
        const auto output = cache.Remove(outpoint);
        ASSERT_TRUE(output);
        EXPECT_EQ(output->num, wanted.num);
        EXPECT_EQ(output->index, wanted.index);
        EXPECT_EQ(output->hash_x, wanted.hash_x);
        EXPECT_EQ(output->value, wanted.value);
        EXPECT_FALSE(cache.Remove(outpoint));
    }

    UtxoCache::Txids txids;
    TxNum first{(1ull << 40) - 100'000};
    UtxoCache cache{txids, first};
};

OutPoint Some() {
    OutPoint outpoint;
    for (std::size_t i = 0; i < 32; ++i)
        outpoint.txid.bytes[i] = static_cast<std::uint8_t>(i * 7 + 1);
    outpoint.index = 0xfffffe;
    return outpoint;
}

TEST_F(UtxoCacheTest, TwinsAreToldApart) {
    const OutPoint a = Some(), b = Twin(a, 5), c = Twin(a, a.index);
    const auto in_a = Add(a);
    EXPECT_FALSE(cache.Remove(b));
    EXPECT_FALSE(cache.Remove(c));
    const auto in_b = Add(b), in_c = Add(c);
    EXPECT_EQ(cache.size(), 3u);
    ExpectRemoves(c, in_c);
    ExpectRemoves(a, in_a);
    const auto again = Add(c);  // takes the place that `a` left, while `b` is still aside
    ExpectRemoves(b, in_b);
    ExpectRemoves(c, again);
    EXPECT_EQ(cache.size(), 0u);
}

TEST_F(UtxoCacheTest, AgreesWithAMap) {
    std::mt19937_64 random(TestSeed());
    std::map<OutPoint, UnspentOutput> model;
    std::vector<OutPoint> outpoints;
    for (int i = 0; i < 200; ++i) {
        OutPoint outpoint = Some();
        outpoint.index = static_cast<std::uint32_t>(random() % 1000);
        const std::uint64_t bits = random();
        std::memcpy(outpoint.txid.bytes.data(), &bits, 8);
        outpoints.push_back(outpoint);
        for (std::uint32_t t = 0; t < 3; ++t) outpoints.push_back(Twin(outpoint, 2000 + t));
    }
    for (int step = 0; step < 50'000; ++step) {
        const auto& outpoint = outpoints[random() % outpoints.size()];
        if (const auto known = model.find(outpoint); known != model.end()) {
            ExpectRemoves(outpoint, known->second);
            model.erase(known);
        } else {
            ASSERT_FALSE(cache.Remove(outpoint));
            model[outpoint] = Add(outpoint);
        }
        ASSERT_EQ(cache.size(), model.size());
    }
    std::size_t visited = 0;
    cache.ForEach([&](const UtxoCache::TxidHead& head, const UnspentOutput& output) {
        ++visited;
        const Txid& txid = txids[output.num.value - first.value];
        EXPECT_TRUE(std::equal(head.begin(), head.end(), txid.bytes.begin()));
        const auto& wanted = model.at({txid, output.index});
        EXPECT_EQ(output.num, wanted.num);
        EXPECT_EQ(output.value, wanted.value);
    });
    EXPECT_EQ(visited, model.size());
    cache.Empty();
    EXPECT_EQ(cache.size(), 0u);
    for (const auto& [outpoint, output] : model) EXPECT_FALSE(cache.Remove(outpoint));
    cache.Clear();
    EXPECT_EQ(cache.MemoryBytes(), 0u);
}

}  // namespace
}  // namespace amber::index
