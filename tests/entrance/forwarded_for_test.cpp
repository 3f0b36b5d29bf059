#include "server/entrance/forwarded_for.h"

#include <gtest/gtest.h>

namespace amber::server {
namespace {

/// 10.0.0.0/8 and 2001:db8::/32.
const std::vector<Subnet> kTrusted = {
    Subnet({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 0}, 104),
    Subnet({0x20, 0x01, 0x0d, 0xb8}, 32),
};

std::string Of(std::string_view header) {
    const auto client = ForwardedFor(header, kTrusted);
    return client ? client->to_string() : "nothing";
}

TEST(ForwardedFor, IsTheLastThatIsNoProxy) {
    EXPECT_EQ(Of("203.0.113.9"), "203.0.113.9");
    EXPECT_EQ(Of("203.0.113.9, 10.1.1.1"), "203.0.113.9");
    EXPECT_EQ(Of("203.0.113.9,10.1.1.1,2001:db8::7 "), "203.0.113.9");
    EXPECT_EQ(Of("2a00::1"), "2a00::1");
    EXPECT_EQ(Of("::ffff:203.0.113.9, ::ffff:10.0.0.1"), "203.0.113.9");
}

TEST(ForwardedFor, DoesNotBelieveWhatClientsWrite) {
    EXPECT_EQ(Of("1.1.1.1, 203.0.113.9"), "203.0.113.9");
    EXPECT_EQ(Of("10.2.2.2, 203.0.113.9, 10.1.1.1"), "203.0.113.9");
    EXPECT_EQ(Of("<script>, 203.0.113.9"), "203.0.113.9");
}

TEST(ForwardedFor, IsNothingIfNobodyIsNamed) {
    for (const char* header : {"", " ", ",", "unknown", "10.1.1.1", "203.0.113.9, unknown",
                               "203.0.113.9,", "203.0.113.9, , 10.1.1.1", "203.0.113.9:80"})
        EXPECT_EQ(Of(header), "nothing") << header;
}

}  // namespace
}  // namespace amber::server
