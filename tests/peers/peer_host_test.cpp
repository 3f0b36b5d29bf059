#include "server/peers/peer_host.h"

#include <gtest/gtest.h>

#include <set>

#include "index/chain/coin.h"
#include "server/peers/seeds.h"

namespace amber::server {
namespace {

/// Not inlined, for gcc 12 then sees reads too long that are not there.
[[gnu::noinline]] std::string Letters(std::size_t count) { return std::string(count, 'a'); }

const std::string kOnionName = Letters(52) + "z234.onion";

boost::asio::ip::address Address(const char* text) { return boost::asio::ip::make_address(text); }

TEST(PeerHost, NamesAreChecked) {
    const std::vector<std::pair<std::string, std::string>> good = {
        {"Host.Example", "host.example"},
        {"a-b.c-1.org", "a-b.c-1.org"},
        {"1.2.3.4", "1.2.3.4"},
        {"2001:DB8:0::1", "2001:db8::1"},
        {"::ffff:1.2.3.4", "1.2.3.4"},
        {kOnionName, kOnionName},
        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
    };
    for (const auto& [text, name] : good) EXPECT_EQ(ParseHostName(text), name);
    const std::string bad[] = {"",
                               "localhost",
                               ".",
                               "a..b",
                               ".a.b",
                               "a.b.",
                               "-a.b",
                               "a-.b",
                               "a b.c",
                               "a_b.c",
                               "1.2.3",
                               "1.2.3.4.5",
                               "300.1.1.1",
                               "fe80::1%eth0",
                               "[::1]",
                               "host.example:80",
                               "short.onion",
                               "www." + kOnionName,
                               Letters(55) + "1.onion",
                               Letters(64) + ".b",
                               std::string("a.b\0", 4),
                               "\xc3\xa9.example"};
    for (const std::string& text : bad) EXPECT_EQ(ParseHostName(text), std::nullopt) << text;
    std::string longest = "a";
    while (longest.size() + 2 <= kHostNameMax) longest += ".b";
    EXPECT_TRUE(ParseHostName(longest));
    EXPECT_FALSE(ParseHostName(longest + ".b"));
}

TEST(PeerHost, DomainsAreTheLastTwoLabels) {
    EXPECT_EQ(DomainOf("a.b.example.org"), "example.org");
    EXPECT_EQ(DomainOf("example.org"), "example.org");
}

TEST(PeerHost, OnlyPublicAddressesAreDialled) {
    for (const char* text : {"1.1.1.1", "8.8.8.8", "100.63.0.1", "172.15.0.1", "172.32.0.1",
                             "192.0.1.1", "223.255.255.255", "2606:4700::1", "::ffff:8.8.8.8"})
        EXPECT_TRUE(IsPublic(Address(text))) << text;
    for (const char* text : {"0.0.0.0",
                             "10.1.2.3",
                             "100.64.0.1",
                             "127.0.0.1",
                             "127.9.9.9",
                             "169.254.169.254",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.0.0.1",
                             "192.0.2.1",
                             "192.168.1.1",
                             "198.18.0.1",
                             "198.19.255.255",
                             "198.51.100.1",
                             "203.0.113.1",
                             "224.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "fe80::1",
                             "fc00::1",
                             "fd12::1",
                             "ff02::1",
                             "2001:db8::1",
                             "2001::1",
                             "2002:a00::1",
                             "64:ff9b::a00:1",
                             "::ffff:127.0.0.1",
                             "::ffff:192.168.0.1"})
        EXPECT_FALSE(IsPublic(Address(text))) << text;
}

TEST(PeerHost, NetworksOfAddresses) {
    EXPECT_EQ(NetworkOf(Address("1.2.3.4"), 16, 56), "1.2.0.0/16");
    EXPECT_EQ(NetworkOf(Address("1.2.3.4"), 32, 64), "1.2.3.4");
    EXPECT_EQ(NetworkOf(Address("::ffff:1.2.3.4"), 16, 56), "1.2.0.0/16");
    EXPECT_EQ(NetworkOf(Address("2a01:4f8:1:2ff:3::1"), 16, 56), "2a01:4f8:1:200::/56");
}

TEST(PeerHost, Urls) {
    PeerHost host;
    EXPECT_TRUE(AddUrl("ssl://Host.example:50002", host));
    EXPECT_TRUE(AddUrl("tcp://host.example:50001", host));
    EXPECT_EQ(host, (PeerHost{"host.example", 50001, 50002}));
    EXPECT_FALSE(AddUrl("tcp://other.example:50001", host));
    PeerHost v6;
    EXPECT_TRUE(AddUrl("tcp://[2001:db8::1]:7", v6));
    EXPECT_EQ(v6, (PeerHost{"2001:db8::1", 7, 0}));
    for (const char* text :
         {"", "host.example:1", "ws://host.example:1", "tcp://host.example", "tcp://host.example:0",
          "tcp://host.example:65536", "tcp://:1", "tcp://localhost:1", "tcp://host.example:1x"}) {
        PeerHost none;
        EXPECT_FALSE(AddUrl(text, none)) << text;
    }
}

TEST(PeerHost, LettersMeanThePortsOfElectrum) {
    EXPECT_EQ(UsualPortsOf(*index::FindCoin("bitcoin", "mainnet")).ssl, 50002);
    EXPECT_EQ(UsualPortsOf(*index::FindCoin("bitcoin", "testnet4")).tcp, 51001);
}

TEST(PeerHost, SeedsAreHostsThatCanBeDialled) {
    for (const index::Coin& coin : index::Coins()) {
        const auto seeds = SeedsOf(coin);
        EXPECT_EQ(seeds.empty(), coin.network == "regtest") << coin.network;
        std::set<std::string> names;
        for (const PeerHost& seed : seeds) {
            EXPECT_EQ(ParseHostName(seed.name), seed.name);
            EXPECT_TRUE(seed.HasPort()) << seed.name;
            EXPECT_TRUE(names.insert(seed.name).second) << seed.name << " twice";
        }
    }
}

}  // namespace
}  // namespace amber::server
