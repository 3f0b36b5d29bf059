#include "server/peers/seeds.h"

#include <span>

namespace amber::server {
namespace {

struct Seed {
    const char* name;
    std::uint16_t tcp_port, ssl_port;
};

// Each was in the list that Electrum ships (electrum/chains/NETWORK/servers.json) on 2026-08-21.

constexpr Seed kMainnet[] = {
    {"5.9.83.108", 0, 50002},
    {"bitcoin.aranguren.org", 50001, 50002},
    {"blackie.c3-soft.com", 57001, 57002},
    {"blockstream.info", 110, 700},
    {"e2.keff.org", 50001, 50002},
    {"ecdsa.net", 50001, 110},
    {"electrum.bitaroo.net", 50001, 50002},
    {"electrum.blockstream.info", 50001, 50002},
    {"electrum.emzy.de", 0, 50002},
    {"electrum.hodlister.co", 0, 50002},
    {"electrum.hsmiths.com", 50001, 50002},
    {"electrum.jhoenicke.de", 50001, 50002},
    {"electrum.qtornado.com", 50001, 50002},
    {"electrum3.hodlister.co", 0, 50002},
    {"fortress.qtornado.com", 0, 443},
    {"fulcrum.sethforprivacy.com", 0, 50002},
    {"hodlers.beer", 0, 50002},
    {"explorerzydxu5ecjrkwceayqybizmpjjznk5izmitf2modhcusuqlid.onion", 110, 0},
    {"v7gtzf7nua6hdmb2wtqaqioqmesdb4xrlly4zwr7bvayxv2bpg665pqd.onion", 50001, 0},
    {"v7o2hkemnt677k3jxcbosmjjxw3p5khjyu7jwv7orfy6rwtkizbshwqd.onion", 57001, 0},
};
constexpr Seed kTestnet[] = {
    {"3tc6nefii2fwoc66dqvrwcyj64dd3r35ihgxvp4u37itsopns5fjtead.onion", 50001, 50002},
    {"blackie.c3-soft.com", 57005, 57006},
    {"blockstream.info", 143, 993},
    {"electrum.blockstream.info", 60001, 60002},
    {"explorerzydxu5ecjrkwceayqybizmpjjznk5izmitf2modhcusuqlid.onion", 143, 0},
    {"gsw6sn27quwf6u3swgra6o7lrp5qau6kt3ymuyoxgkth6wntzm2bjwyd.onion", 51001, 51002},
    {"testnet.aranguren.org", 51001, 51002},
    {"testnet.qtornado.com", 51001, 51002},
    {"v22019051929289916.bestsrv.de", 50001, 50002},
};
constexpr Seed kTestnet4[] = {
    {"134.199.227.217", 50001, 50002},
    {"bitcoin.stagemole.eu", 5000, 5010},
    {"blackie.c3-soft.com", 57009, 57010},
    {"fulcrum.theuplink.net", 0, 60002},
    {"gsw6sn27quwf6u3swgra6o7lrp5qau6kt3ymuyoxgkth6wntzm2bjwyd.onion", 52001, 52002},
    {"testnet4.qtornado.com", 51011, 51012},
    {"v22019051929289916.bestsrv.de", 60001, 60002},
};
constexpr Seed kSignet[] = {
    {"signet-electrumx.wakiyamap.dev", 50001, 50002},
    {"electrum.emzy.de", 0, 53002},
    {"mempool.space", 0, 60602},
};

std::span<const Seed> TableOf(const index::Coin& coin) {
    if (coin.name != "bitcoin") return {};
    if (coin.network == "mainnet") return kMainnet;
    if (coin.network == "testnet") return kTestnet;
    if (coin.network == "testnet4") return kTestnet4;
    if (coin.network == "signet") return kSignet;
    return {};
}

}  // namespace

std::vector<PeerHost> SeedsOf(const index::Coin& coin) {
    std::vector<PeerHost> seeds;
    for (const Seed& seed : TableOf(coin))
        seeds.push_back({.name = seed.name, .tcp_port = seed.tcp_port, .ssl_port = seed.ssl_port});
    return seeds;
}

UsualPorts UsualPortsOf(const index::Coin& coin) {
    if (coin.network == "mainnet") return {50001, 50002};
    return {51001, 51002};
}

}  // namespace amber::server
