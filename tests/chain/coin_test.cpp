#include "index/chain/coin.h"

#include <gtest/gtest.h>

#include <set>

namespace amber::index {
namespace {

TEST(Coin, TheFiveNetworksOfBitcoin) {
    std::set<std::string_view> networks;
    for (const Coin& coin : Coins()) {
        EXPECT_EQ(coin.name, "bitcoin");
        networks.insert(coin.network);
        EXPECT_EQ(FindCoin(coin.name, coin.network), &coin);
    }
    EXPECT_EQ(networks,
              (std::set<std::string_view>{"mainnet", "testnet", "testnet4", "signet", "regtest"}));
    EXPECT_EQ(FindCoin("bitcoin", "main"), nullptr);
    EXPECT_EQ(FindCoin("dogecoin", "mainnet"), nullptr);
}

TEST(Coin, WhatMustDifferBetweenNetworksDoes) {
    std::set<std::string> magics, genesis;
    std::set<std::uint16_t> ports;
    std::size_t port_count = 0;
    for (const Coin& coin : Coins()) {
        magics.emplace(reinterpret_cast<const char*>(coin.magic), sizeof coin.magic);
        genesis.insert(ToDisplayHex(coin.genesis));
        for (const std::uint16_t port : {coin.node_rpc_port, coin.node_p2p_port, coin.tcp_port,
                                         coin.ssl_port, coin.ws_port, coin.wss_port}) {
            EXPECT_GT(port, 1023);
            ports.insert(port);
            ++port_count;
        }
        EXPECT_GE(coin.default_reorg_limit, 100u);
        EXPECT_GE(coin.node_version_min, 210000u);
        EXPECT_NE(coin.codec, nullptr);
    }
    EXPECT_EQ(magics.size(), Coins().size());
    EXPECT_EQ(genesis.size(), Coins().size());
    EXPECT_EQ(ports.size(), port_count);
}

/// All five genesis blocks hold the same coinbase, but for testnet4; their headers differ in time,
/// bits and nonce only. Rebuilding the headers proves the hashes above.
struct GenesisHeader {
    const char* network;
    std::uint32_t time, bits, nonce;
};

TEST(Coin, GenesisHashesFollowFromTheirHeaders) {
    const auto root = FromDisplayHex<MerkleNode>(
        "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b");
    const GenesisHeader headers[] = {
        {"mainnet", 1231006505, 0x1d00ffff, 2083236893},
        {"testnet", 1296688602, 0x1d00ffff, 414098458},
        {"signet", 1598918400, 0x1e0377ae, 52613770},
        {"regtest", 1296688602, 0x207fffff, 2},
    };
    for (const GenesisHeader& fields : headers) {
        Bytes header(80, 0);
        header[0] = 1;
        std::copy(root->bytes.begin(), root->bytes.end(), header.begin() + 36);
        std::memcpy(header.data() + 68, &fields.time, 4);
        std::memcpy(header.data() + 72, &fields.bits, 4);
        std::memcpy(header.data() + 76, &fields.nonce, 4);
        const Coin* coin = FindCoin("bitcoin", fields.network);
        ASSERT_NE(coin, nullptr);
        EXPECT_EQ(coin->codec->HashHeader(header), coin->genesis) << fields.network;
        EXPECT_EQ(coin->codec->MerkleRoot(header), *root);
        EXPECT_TRUE(coin->codec->PreviousHash(header).IsZero());
        EXPECT_EQ(coin->codec->Time(header), fields.time);
    }
}

}  // namespace
}  // namespace amber::index
