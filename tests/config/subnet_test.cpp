#include "config/subnet.h"

#include <gtest/gtest.h>

namespace amber::config {
namespace {

std::array<std::uint8_t, 16> Ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
}

TEST(ParseSubnet, TakesAddressesAndNetworks) {
    EXPECT_EQ(*ParseSubnet("192.0.2.7"), (Subnet{Ipv4(192, 0, 2, 7), 128}));
    EXPECT_EQ(*ParseSubnet("10.0.0.0/8"), (Subnet{Ipv4(10, 0, 0, 0), 104}));
    EXPECT_EQ(*ParseSubnet("0.0.0.0/0"), (Subnet{Ipv4(0, 0, 0, 0), 96}));
    EXPECT_EQ(*ParseSubnet("::1"), (Subnet{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128}));
    EXPECT_EQ(*ParseSubnet("2001:db8::/32"), (Subnet{{0x20, 0x01, 0x0d, 0xb8}, 32}));
    EXPECT_EQ(*ParseSubnet("::/0"), (Subnet{{}, 0}));
    EXPECT_EQ(*ParseSubnet("10.1.2.128/25"), (Subnet{Ipv4(10, 1, 2, 128), 121}));
}

TEST(ParseSubnet, RefusesWhatLooksLikeASlip) {
    for (const char* text :
         {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0.1/8",
          "10.1.2.129/25", "2001:db8::/129", "2001:db8::1/32", "10.0.0/8", "proxy.example", "[::1]",
          "::1:", "unix", "10.0.0.0/8/8", "fe80::1%eth0"})
        EXPECT_FALSE(ParseSubnet(text)) << text;
}

TEST(ParseSubnet, SaysWhatIsWrong) {
    const auto wrong = [](const char* text) { return ParseSubnet(text).error(); };
    for (const char* text : {"", "/8", "10.0.0/8", "proxy.example"})
        EXPECT_TRUE(wrong(text).starts_with("is not an address or network")) << text;
    for (const char* text : {"10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8 ", "10.0.0.0/8/8"})
        EXPECT_EQ(wrong(text), "is not a network; behind the slash belongs a number from 0 to 32");
    EXPECT_EQ(wrong("::/129"), "is not a network; behind the slash belongs a number from 0 to 128");
    EXPECT_EQ(wrong("10.1.2.129/25"),
              "has bits set behind the first 25; the network is 10.1.2.128/25");
    EXPECT_EQ(wrong("2001:db8:ff::1/42"),
              "has bits set behind the first 42; the network is 2001:db8:c0::/42");
    EXPECT_EQ(wrong("10.0.0.1/0"), "has bits set behind the first 0; the network is 0.0.0.0/0");
}

}  // namespace
}  // namespace amber::config
