#include "index/chain/proof_of_work.h"

#include <gtest/gtest.h>

#include "index/chain/coin.h"
#include "index/chain/hex.h"

namespace amber::index {
namespace {

std::string Hex(Work work) {
    std::string text;
    for (; work != 0; work >>= 4) text.insert(text.begin(), "0123456789abcdef"[work & 15]);
    return text;
}

// `chainwork` of genesis blocks, as nodes print it.
TEST(ProofOfWork, WorkOfKnownTargets) {
    EXPECT_EQ(Hex(WorkOf(0x1d00ffff)), "100010001");  // mainnet
    EXPECT_EQ(Hex(WorkOf(0x207fffff)), "2");          // regtest
    EXPECT_EQ(Hex(WorkOf(0x1e0377ae)), "49d414");     // signet
    EXPECT_EQ(Hex(WorkOf(0x20400000)), "3");          // 2^256 / (2^254 + 1)
    EXPECT_GT(WorkOf(0x17034219), WorkOf(0x1d00ffff));
}

TEST(ProofOfWork, AbsurdTargetsProveNothing) {
    for (const std::uint32_t bits : {0x00000000u, 0x1d000000u, 0x1d80ffffu, 0x01003456u,
                                     0x237fffffu, 0x2200ffffu + 0x01000000u, 0xff123456u}) {
        EXPECT_EQ(Hex(WorkOf(bits)), "") << std::hex << bits;
        EXPECT_FALSE(MeetsTarget(BlockHash{}, bits)) << std::hex << bits;
    }
    // The largest that still are 256 bits, and the smallest.
    EXPECT_TRUE(MeetsTarget(BlockHash{}, 0x220000ff));
    EXPECT_TRUE(MeetsTarget(BlockHash{}, 0x01010000));
    EXPECT_EQ(WorkOf(0x01010000), Work{1} << 100);
}

TEST(ProofOfWork, HashesAtTheEdgeOfTheTarget) {
    BlockHash hash;
    hash.bytes[26] = 0xff;
    hash.bytes[27] = 0xff;
    EXPECT_TRUE(MeetsTarget(hash, 0x1d00ffff));
    hash.bytes[0] = 1;
    EXPECT_FALSE(MeetsTarget(hash, 0x1d00ffff));
    hash = {};
    hash.bytes[25] = 0xff;
    EXPECT_TRUE(MeetsTarget(hash, 0x1d00ffff));
    hash.bytes[28] = 1;
    EXPECT_FALSE(MeetsTarget(hash, 0x1d00ffff));
    EXPECT_TRUE(MeetsTarget(FindCoin("bitcoin", "mainnet")->genesis, 0x1d00ffff));
    EXPECT_FALSE(MeetsTarget(FindCoin("bitcoin", "regtest")->genesis, 0x1d00ffff));
}

TEST(ProofOfWork, OfAHeader) {
    auto header = *FromHex(
        "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b2"
        "7ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c");
    const Codec& codec = *FindCoin("bitcoin", "mainnet")->codec;
    EXPECT_EQ(codec.TargetBits(header), 0x1d00ffffu);
    EXPECT_TRUE(codec.HasProofOfWork(header));
    header[76] ^= 1;
    EXPECT_FALSE(codec.HasProofOfWork(header));
}

}  // namespace
}  // namespace amber::index
