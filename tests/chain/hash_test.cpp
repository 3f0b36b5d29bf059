#include "index/chain/hash.h"

#include <gtest/gtest.h>

#include "index/chain/hash_x.h"
#include "index/chain/outpoint.h"
#include "index/chain/sha256.h"

namespace amber::index {
namespace {

TEST(Hash, DisplayOrderIsReversed) {
    Txid txid;
    for (std::uint8_t i = 0; i < 32; ++i) txid.bytes[i] = i;
    const std::string hex = ToDisplayHex(txid);
    EXPECT_EQ(hex, "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100");
    EXPECT_EQ(FromDisplayHex<Txid>(hex), txid);
}

TEST(Hash, DisplayHexRefusesWrongLengthsAndCharacters) {
    const std::string good(64, 'a');
    EXPECT_TRUE(FromDisplayHex<Txid>(good));
    EXPECT_TRUE(FromDisplayHex<Txid>(std::string(64, 'A')));
    EXPECT_FALSE(FromDisplayHex<Txid>(""));
    EXPECT_FALSE(FromDisplayHex<Txid>(good.substr(2)));
    EXPECT_FALSE(FromDisplayHex<Txid>(good + "aa"));
    EXPECT_FALSE(FromDisplayHex<Txid>(std::string(63, 'a') + "g"));
}

TEST(Hash, HashXIsTheBeginningOfTheScriptHash) {
    ScriptHash hash;
    for (std::uint8_t i = 0; i < 32; ++i) hash.bytes[i] = static_cast<std::uint8_t>(200 - i);
    const HashX x = ToHashX(hash);
    for (std::size_t i = 0; i < HashX::kSize; ++i) EXPECT_EQ(x.bytes[i], 200 - i);
}

TEST(Hash, OutPointOfACoinbase) {
    EXPECT_TRUE((OutPoint{{}, 0xffffffff}.IsCoinbase()));
    EXPECT_FALSE((OutPoint{{}, 0}.IsCoinbase()));
    EXPECT_FALSE((OutPoint{Sha256dAs<Txid>({}), 0xffffffff}.IsCoinbase()));
}

}  // namespace
}  // namespace amber::index
