#include "server/protocol/version.h"

#include <gtest/gtest.h>

namespace amber::server {
namespace {

std::string Negotiated(const char* min, const char* max) {
    const auto version = NegotiateVersion(*ParseVersion(min), *ParseVersion(max));
    return version ? version->Text() : "none";
}

TEST(Version, ParsesDottedNumbers) {
    EXPECT_EQ(ParseVersion("1.4")->Text(), "1.4");
    EXPECT_EQ(ParseVersion("1.4.0")->Text(), "1.4");
    EXPECT_EQ(ParseVersion("1.4.2")->Text(), "1.4.2");
    EXPECT_EQ(ParseVersion("2")->Text(), "2.0");
    for (const char* bad :
         {"", ".", "1.", ".4", "1.4.2.1", "1.x", " 1.4", "1.4 ", "-1.4", "1..4", "99999999.1"})
        EXPECT_FALSE(ParseVersion(bad)) << bad;
}

TEST(Version, ComparesByPart) {
    EXPECT_LT(*ParseVersion("1.4.2"), *ParseVersion("1.5"));
    EXPECT_LT(*ParseVersion("1.9"), *ParseVersion("1.10"));
    EXPECT_EQ(*ParseVersion("1.4"), *ParseVersion("1.4.0"));
}

TEST(Version, TakesTheNewestBothKnow) {
    EXPECT_EQ(Negotiated("1.4", "1.4"), "1.4");
    EXPECT_EQ(Negotiated("1.4", "1.6"), "1.6");
    EXPECT_EQ(Negotiated("1.4", "1.7"), "1.7");
    EXPECT_EQ(Negotiated("1.7", "1.7"), "1.7");
    EXPECT_EQ(Negotiated("1.7", "1.9"), "1.7");
    EXPECT_EQ(Negotiated("1.4", "1.5"), "1.5");
    EXPECT_EQ(Negotiated("1.4.2", "1.4.2"), "1.4.2");
    EXPECT_EQ(Negotiated("1.0", "1.4.1"), "1.4.1");
    EXPECT_EQ(Negotiated("1.0", "1.3"), "none");
    EXPECT_EQ(Negotiated("1.8", "1.9"), "none");
    EXPECT_EQ(Negotiated("1.6", "1.4"), "none");
}

}  // namespace
}  // namespace amber::server
