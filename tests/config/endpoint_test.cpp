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

TEST(ListenAddress, MayBeAUnixSocket) {
    const auto unix = ParseListenAddress("unix:/run/amber/wallets.sock");
    ASSERT_TRUE(unix);
    EXPECT_TRUE(IsUnixPath(*unix));
    EXPECT_EQ(unix->host, "/run/amber/wallets.sock");
    EXPECT_EQ(ToString(*unix), "unix:/run/amber/wallets.sock");
    EXPECT_EQ(ParseListenAddress("127.0.0.1:1"), ParseEndpoint("127.0.0.1:1"));
    EXPECT_FALSE(IsUnixPath(*ParseListenAddress("[::1]:1")));
    for (const std::string& text : {std::string("unix:"), std::string("unix:relative"),
                                    std::string("/run/x"), "unix:/" + std::string(107, 'x')})
        EXPECT_FALSE(ParseListenAddress(text)) << text;
    EXPECT_FALSE(ParseEndpoint("unix:/run/x"));
}

}  // namespace
}  // namespace amber::config
