#include "config/endpoint.h"

#include <gtest/gtest.h>

namespace amber::config {
namespace {

TEST(Endpoint, ReadsNamesAddressesAndIPv6InBrackets) {
    EXPECT_EQ(ParseEndpoint("127.0.0.1:50001"), (Endpoint{"127.0.0.1", 50001}));
    EXPECT_EQ(ParseEndpoint("node.example:8332"), (Endpoint{"node.example", 8332}));
    EXPECT_EQ(ParseEndpoint("[::1]:0"), (Endpoint{"::1", 0}));
    EXPECT_EQ(ParseEndpoint("[fe80::1%eth0]:65535"), (Endpoint{"fe80::1%eth0", 65535}));
}

TEST(Endpoint, RefusesWhatIsNotHostAndPort) {
    for (const char* text : {"", ":", "50001", "host", "host:", ":50001", "host:65536", "host:-1",
                             "host:+1", "host:1x", "host: 1", "ho st:1", "::1:50001", "[]:1",
                             "[::1]", "http://host:1", "a\nb:1", "user@host:1"}) {
        EXPECT_FALSE(ParseEndpoint(text)) << text;
    }
    EXPECT_TRUE(ParseEndpoint(std::string(255, 'a') + ":1"));
    EXPECT_FALSE(ParseEndpoint(std::string(256, 'a') + ":1"));
}

TEST(Endpoint, WritesWhatItReads) {
    for (const char* text : {"127.0.0.1:50001", "[::1]:80", "node.example:0"}) {
        EXPECT_EQ(ToString(ParseEndpoint(text).value()), text);
    }
}

}  // namespace
}  // namespace amber::config
