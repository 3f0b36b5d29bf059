#include "server/wire/subnet.h"

#include <gtest/gtest.h>

#include <bitset>
#include <random>

#include "server/wire/parse_address.h"

namespace amber::server {
namespace {

namespace ip = boost::asio::ip;
using Bytes = std::array<std::uint8_t, 16>;

std::string Bits(const Bytes& bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) text += std::bitset<8>(byte).to_string();
    return text;
}

TEST(Subnet, ContainsWhatBeginsWithTheSameBits) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    int inside = 0;
    for (int i = 0; i < 20'000; ++i) {
        Bytes network, address;
        for (auto& byte : network) byte = static_cast<std::uint8_t>(random());
        address = network;
        const unsigned flipped = random() % 128;
        address[flipped / 8] ^= static_cast<std::uint8_t>(0x80 >> (flipped % 8));
        const unsigned bits = random() % 129;
        const bool same = Bits(network).substr(0, bits) == Bits(address).substr(0, bits);
        inside += same;
        ASSERT_EQ(Subnet(network, bits).Contains(ip::address_v6(address)), same)
            << Bits(network) << " /" << bits << ' ' << Bits(address);
    }
    EXPECT_GT(inside, 1000);
}

TEST(Subnet, KnowsIpv4InBothForms) {
    const Bytes ten = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 0};
    const Subnet subnet(ten, 104);
    EXPECT_TRUE(subnet.Contains(*ParseAddress("10.255.0.1")));
    EXPECT_TRUE(subnet.Contains(*ParseAddress("::ffff:10.1.2.3")));
    EXPECT_FALSE(subnet.Contains(*ParseAddress("11.0.0.1")));
    EXPECT_FALSE(subnet.Contains(*ParseAddress("::1")));
    EXPECT_TRUE(Subnet({}, 0).Contains(*ParseAddress("1.2.3.4")));
}

TEST(Subnet, ParsesWhatItWrites) {
    for (const char* text : {"10.0.0.0/8", "192.0.2.7", "0.0.0.0/0", "2001:db8::/32", "::/0", "::1",
                             "203.0.113.0/25", "fe80::/10"})
        EXPECT_EQ(Subnet::Parse(text).value().Text(), text);
    EXPECT_EQ(Subnet::Parse("192.0.2.7/32")->Text(), "192.0.2.7");
    EXPECT_EQ(Subnet::Parse("::ffff:10.0.0.0/104")->Text(), "10.0.0.0/8");
    for (const char* bad : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "::/129",
                            "x/8", "10.0.0.0/8 ", "10.0.0.0/-1", "10.0.0.0/8/8", "2001:db8::1/32"})
        EXPECT_FALSE(Subnet::Parse(bad)) << bad;
    EXPECT_EQ(Subnet::Of(*ParseAddress("10.1.2.3"), 96 + 20), Subnet::Parse("10.1.0.0/20"));
}

TEST(ParseAddress, TakesAddressesAndNothingElse) {
    for (const char* good : {"127.0.0.1", "::", "2001:db8::1", "::ffff:1.2.3.4", "FE80::1"})
        EXPECT_TRUE(ParseAddress(good)) << good;
    for (const char* bad : {"", " 1.2.3.4", "1.2.3.4 ", "1.2.3", "1.2.3.256", "1.2.3.4:5", "[::1]",
                            "fe80::1%eth0", "localhost", "1::2::3", "0x7f.1"})
        EXPECT_FALSE(ParseAddress(bad)) << bad;
    EXPECT_FALSE(ParseAddress(std::string_view("1.2.3.4\0x", 9)));
    EXPECT_FALSE(ParseAddress(std::string(100'000, '1')));
}

}  // namespace
}  // namespace amber::server
