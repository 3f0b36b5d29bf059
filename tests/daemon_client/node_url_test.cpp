#include "daemon_client/node_url.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace amber::daemon_client {
namespace {

std::string WhyRefused(std::string_view text) {
    try {
        ParseNodeUrl(text, 8332);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "";
}

TEST(NodeUrl, ReadsAllParts) {
    const NodeUrl url = ParseNodeUrl("http://alice:secret@node.example:18443/", 8332);
    EXPECT_EQ(url.host, "node.example");
    EXPECT_EQ(url.port, 18443);
    EXPECT_EQ(url.authorization, "Basic YWxpY2U6c2VjcmV0");
    EXPECT_EQ(url.Label(), "node.example:18443");
}

TEST(NodeUrl, FillsInPortAndLeavesCredentialsToTheCookie) {
    const NodeUrl url = ParseNodeUrl("http://127.0.0.1", 8332);
    EXPECT_EQ(url.port, 8332);
    EXPECT_EQ(url.authorization, "");
}

TEST(NodeUrl, ReadsIpv6) {
    const NodeUrl url = ParseNodeUrl("http://u:p@[::1]:99", 8332);
    EXPECT_EQ(url.host, "::1");
    EXPECT_EQ(url.Label(), "[::1]:99");
    EXPECT_EQ(ParseNodeUrl("http://[fe80::1]", 8332).port, 8332);
}

TEST(NodeUrl, CredentialsMayHoldAnything) {
    EXPECT_EQ(ParseNodeUrl("http://u:p%40%3a@h", 1).authorization, BasicAuthorization("u:p@:"));
    EXPECT_EQ(ParseNodeUrl("http://u:p@ss:w@h", 1).authorization, BasicAuthorization("u:p@ss:w"));
}

TEST(NodeUrl, SaysWhatIsWrong) {
    EXPECT_NE(WhyRefused("https://h").find("https"), std::string::npos);
    EXPECT_NE(WhyRefused("h:8332").find("http://"), std::string::npos);
    EXPECT_NE(WhyRefused("http://").find("host is missing"), std::string::npos);
    EXPECT_NE(WhyRefused("http://h:0").find("port"), std::string::npos);
    EXPECT_NE(WhyRefused("http://h:65536").find("port"), std::string::npos);
    EXPECT_NE(WhyRefused("http://h:80x").find("port"), std::string::npos);
    EXPECT_NE(WhyRefused("http://h:").find("port"), std::string::npos);
    EXPECT_NE(WhyRefused("http://[::1").find("']'"), std::string::npos);
    EXPECT_NE(WhyRefused("http://[h]").find("IPv6"), std::string::npos);
    EXPECT_NE(WhyRefused("http://h/wallet/w").find("character"), std::string::npos);
    EXPECT_NE(WhyRefused("http://user@h").find("':'"), std::string::npos);
}

TEST(NodeUrl, NeverShowsThePassword) {
    for (const char* text : {"http://u:secret@h:x", "http://u:secret@", "ftp://u:secret@h",
                             "http://u:secret%zz@h", "http://u:secret@[::1"}) {
        const std::string why = WhyRefused(text);
        EXPECT_NE(why, "");
        EXPECT_EQ(why.find("secret"), std::string::npos) << why;
    }
}

TEST(NodeUrl, Base64OfAllLengths) {
    EXPECT_EQ(BasicAuthorization(""), "Basic ");
    EXPECT_EQ(BasicAuthorization("f"), "Basic Zg==");
    EXPECT_EQ(BasicAuthorization("fo"), "Basic Zm8=");
    EXPECT_EQ(BasicAuthorization("foo"), "Basic Zm9v");
    EXPECT_EQ(BasicAuthorization("foob"), "Basic Zm9vYg==");
}

}  // namespace
}  // namespace amber::daemon_client
