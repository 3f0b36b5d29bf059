#include "index/chain/coin.h"

#include <array>
#include <cstdlib>

#include "index/chain/codec_bitcoin.h"

namespace amber::index {
namespace {

/// The deepest fork mainnet has seen, in 2010, was of 53 blocks; 200 is what other servers keep.
constexpr std::uint32_t kMainnetReorgLimit = 200;
/// Anybody can afford to rewrite thousands of blocks of a test network, and some do.
constexpr std::uint32_t kTestReorgLimit = 8000;

/// The oldest node that has all we ask for: ZMQ `sequence` messages (0.21), and getblockheader,
/// getmempoolentry and getnetworkinfo in today's shapes.
constexpr std::uint32_t kNodeVersionMin = 220000;
/// The first node that knows testnet4.
constexpr std::uint32_t kNodeVersionTestnet4 = 280000;

constexpr AddressFormat kMainnetAddresses{0x00, 0x05, "bc"};
constexpr AddressFormat kTestAddresses{0x6f, 0xc4, "tb"};
constexpr AddressFormat kRegtestAddresses{0x6f, 0xc4, "bcrt"};

using Change = TargetRule::Change;
constexpr std::uint32_t kTwentyMinutes = 20 * 60;

constexpr TargetRule kMainnetTargets{0x1d00ffff, 1231006505, Change::each_period, 0};
constexpr TargetRule kTestnetTargets{0x1d00ffff, 1296688602, Change::each_period, kTwentyMinutes};
constexpr TargetRule kTestnet4Targets{0x1d00ffff, 1714777860, Change::each_period_from_first,
                                      kTwentyMinutes};
constexpr TargetRule kSignetTargets{0x1e0377ae, 1598918400, Change::each_period, 0};
constexpr TargetRule kRegtestTargets{0x207fffff, 1296688602, Change::never, 0};

BlockHash Genesis(std::string_view hex) {
    const auto hash = FromDisplayHex<BlockHash>(hex);
    if (!hash) std::abort();
    return *hash;
}

std::array<Coin, 5> MakeCoins() {
    static const BitcoinCodec codec;
    return {{
        {
            .name = "bitcoin",
            .network = "mainnet",
            .node_network = "main",
            .magic = {0xf9, 0xbe, 0xb4, 0xd9},
            .genesis = Genesis("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"),
            .target_rule = kMainnetTargets,
            .node_rpc_port = 8332,
            .node_p2p_port = 8333,
            .tcp_port = 50001,
            .ssl_port = 50002,
            .ws_port = 50003,
            .wss_port = 50004,
            .node_datadir_suffix = "",
            .default_reorg_limit = kMainnetReorgLimit,
            .node_version_min = kNodeVersionMin,
            .addresses = kMainnetAddresses,
            .codec = &codec,
        },
        {
            .name = "bitcoin",
            .network = "testnet",
            .node_network = "test",
            .magic = {0x0b, 0x11, 0x09, 0x07},
            .genesis = Genesis("000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943"),
            .target_rule = kTestnetTargets,
            .node_rpc_port = 18332,
            .node_p2p_port = 18333,
            .tcp_port = 60001,
            .ssl_port = 60002,
            .ws_port = 60003,
            .wss_port = 60004,
            .node_datadir_suffix = "testnet3",
            .default_reorg_limit = kTestReorgLimit,
            .node_version_min = kNodeVersionMin,
            .addresses = kTestAddresses,
            .codec = &codec,
        },
        {
            .name = "bitcoin",
            .network = "testnet4",
            .node_network = "testnet4",
            .magic = {0x1c, 0x16, 0x3f, 0x28},
            .genesis = Genesis("00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043"),
            .target_rule = kTestnet4Targets,
            .node_rpc_port = 48332,
            .node_p2p_port = 48333,
            .tcp_port = 40001,
            .ssl_port = 40002,
            .ws_port = 40003,
            .wss_port = 40004,
            .node_datadir_suffix = "testnet4",
            .default_reorg_limit = kTestReorgLimit,
            .node_version_min = kNodeVersionTestnet4,
            .addresses = kTestAddresses,
            .codec = &codec,
        },
        {
            .name = "bitcoin",
            .network = "signet",
            .node_network = "signet",
            .magic = {0x0a, 0x03, 0xcf, 0x40},
            .genesis = Genesis("00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6"),
            .target_rule = kSignetTargets,
            .node_rpc_port = 38332,
            .node_p2p_port = 38333,
            .tcp_port = 60601,
            .ssl_port = 60602,
            .ws_port = 60603,
            .wss_port = 60604,
            .node_datadir_suffix = "signet",
            .default_reorg_limit = kTestReorgLimit,
            .node_version_min = kNodeVersionMin,
            .addresses = kTestAddresses,
            .codec = &codec,
        },
        {
            .name = "bitcoin",
            .network = "regtest",
            .node_network = "regtest",
            .magic = {0xfa, 0xbf, 0xb5, 0xda},
            .genesis = Genesis("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"),
            .target_rule = kRegtestTargets,
            .node_rpc_port = 18443,
            .node_p2p_port = 18444,
            .tcp_port = 60401,
            .ssl_port = 60402,
            .ws_port = 60403,
            .wss_port = 60404,
            .node_datadir_suffix = "regtest",
            .default_reorg_limit = kTestReorgLimit,
            .node_version_min = kNodeVersionMin,
            .addresses = kRegtestAddresses,
            .codec = &codec,
        },
    }};
}

}  // namespace

std::span<const Coin> Coins() {
    static const std::array<Coin, 5> coins = MakeCoins();
    return coins;
}

const Coin* FindCoin(std::string_view name, std::string_view network) {
    for (const Coin& coin : Coins()) {
        if (coin.name == name && coin.network == network) return &coin;
    }
    return nullptr;
}

}  // namespace amber::index
