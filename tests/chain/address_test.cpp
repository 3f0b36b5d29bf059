#include "index/chain/address.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>

#include "index/chain/base58.h"
#include "index/chain/hex.h"
#include "tests/support/chain_data.h"

namespace amber::index {
namespace {

const AddressFormat& FormatOf(std::string_view network) {
    return FindCoin("bitcoin", network)->addresses;
}

struct Vector {
    const char* network;
    const char* address;
    const char* script;
};

constexpr Vector kVectors[] = {
    {"mainnet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
     "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac"},
    {"mainnet", "1111111111111111111114oLvT2",
     "76a914000000000000000000000000000000000000000088ac"},
    {"mainnet", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
     "a914b472a266d0bd89c13706a4132ccfb16f7c3b9fcb87"},
    {"testnet", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
     "76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac"},
    // BIP350
    {"mainnet", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
     "0014751e76e8199196d454941c45d1b3a323f1433bd6"},
    {"testnet", "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
     "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262"},
    {"mainnet", "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
     "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6"},
    {"mainnet", "bc1sw50qgdz25j", "6002751e"},
    {"mainnet", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "5210751e76e8199196d454941c45d1b3a323"},
    {"testnet", "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
     "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433"},
    {"testnet4", "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
     "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433"},
    {"mainnet", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
     "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"},
};

TEST(Address, KnownAddressesBothWays) {
    for (const Vector& v : kVectors) {
        const Bytes script = FromHex(v.script).value();
        EXPECT_EQ(ScriptOfAddress(v.address, FormatOf(v.network)), script) << v.address;
        EXPECT_EQ(AddressOfScript(script, FormatOf(v.network)), v.address);
    }
}

TEST(Address, SegwitAddressesMayBeUpperCase) {
    EXPECT_EQ(ScriptOfAddress("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", FormatOf("mainnet")),
              FromHex("0014751e76e8199196d454941c45d1b3a323f1433bd6"));
    EXPECT_FALSE(
        ScriptOfAddress("Bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", FormatOf("mainnet")));
}

TEST(Address, AddressesOfOtherNetworksAreRefused) {
    for (const Vector& v : kVectors) {
        EXPECT_FALSE(ScriptOfAddress(
            v.address, FormatOf(std::string_view(v.network) == "mainnet" ? "regtest" : "mainnet")))
            << v.address;
    }
}

TEST(Address, MalformedSegwitAddressesAreRefused) {  // BIP173, BIP350
    for (const char* address :
         {"tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut",
          "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
          "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
          "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
          "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
          "tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47",
          "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
          "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", "bc1pw5dgrnzv",
          "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
          "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
          "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
          "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
          "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j", "bc1gmk9yu", "bc1",
          "bc", "", "1"}) {
        EXPECT_FALSE(ScriptOfAddress(address, FormatOf("mainnet"))) << address;
        EXPECT_FALSE(ScriptOfAddress(address, FormatOf("testnet"))) << address;
    }
    EXPECT_FALSE(ScriptOfAddress(std::string(1'000'000, '1'), FormatOf("mainnet")));
}

TEST(Address, OneWrongCharacterIsNoticed) {
    const std::string_view characters =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz \n\xff";
    for (const Vector& v : kVectors) {
        const std::string good = v.address;
        for (std::size_t i = 0; i < good.size(); ++i) {
            for (const char c : characters) {
                std::string bad = good;
                bad[i] = c;
                if (bad == good) continue;
                EXPECT_FALSE(ScriptOfAddress(bad, FormatOf(v.network))) << bad;
            }
        }
    }
}

TEST(Address, RandomProgramsComeBack) {
    std::mt19937_64 random(11);
    for (int version = 0; version <= 16; ++version) {
        for (std::size_t size = 0; size <= 42; ++size) {
            Bytes script{static_cast<std::uint8_t>(version == 0 ? 0 : 0x50 + version),
                         static_cast<std::uint8_t>(size)};
            for (std::size_t i = 0; i < size; ++i) {
                script.push_back(static_cast<std::uint8_t>(random()));
            }
            const auto address = AddressOfScript(script, FormatOf("regtest"));
            const bool valid = version == 0 ? size == 20 || size == 32 : size >= 2 && size <= 40;
            ASSERT_EQ(address.has_value(), valid) << version << ' ' << size;
            if (!valid) continue;
            EXPECT_TRUE(address->starts_with("bcrt1"));
            EXPECT_EQ(ScriptOfAddress(*address, FormatOf("regtest")), script);
        }
    }
}

TEST(Address, OtherScriptsHaveNone) {
    for (const char* script : {"", "00", "51", "6a", "0014",
                               "4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a679"
                               "62e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b"
                               "8d578a4c702b6bf11d5fac",
                               "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ad",
                               "76a91362e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac",
                               "a914b472a266d0bd89c13706a4132ccfb16f7c3b9fcb88", "5015751e",
                               "6102751e", "0015751e76e8199196d454941c45d1b3a323f1433bd6"}) {
        EXPECT_FALSE(AddressOfScript(FromHex(script).value(), FormatOf("mainnet"))) << script;
    }
}

TEST(Base58, PayloadsOfEverySizeComeBack) {
    for (std::size_t size = 0; size <= 60; ++size) {
        for (const std::uint8_t first : {0x00, 0x01, 0xff}) {
            Bytes payload(size, first);
            if (size > 2) payload[size / 2] = 0x5a;
            EXPECT_EQ(DecodeBase58Check(EncodeBase58Check(payload)), payload);
        }
    }
    EXPECT_FALSE(DecodeBase58Check(""));
    EXPECT_FALSE(DecodeBase58Check("1"));
    EXPECT_FALSE(DecodeBase58Check("0OIl"));
}

TEST(Address, TaprootVectorsOfBip341) {
    AMBER_NEEDS_CHAIN_DATA();
    const Bytes file =
        test::ReadFile(*test::ChainDataDir() / "vectors" / "core-bip341_wallet_vectors.json.xz");
    const auto json = boost::json::parse({reinterpret_cast<const char*>(file.data()), file.size()});
    const AddressFormat format{0, 0, "nc"};  // the file is a Namecoin copy
    std::size_t count = 0;
    for (const auto& entry : json.at("scriptPubKey").as_array()) {
        const auto& expected = entry.at("expected");
        const Bytes script =
            FromHex(std::string_view(expected.at("scriptPubKey").as_string())).value();
        const std::string_view address = expected.at("bip350Address").as_string();
        EXPECT_EQ(AddressOfScript(script, format), address);
        EXPECT_EQ(ScriptOfAddress(address, format), script);
        ++count;
    }
    EXPECT_GE(count, 7u);
}

}  // namespace
}  // namespace amber::index
