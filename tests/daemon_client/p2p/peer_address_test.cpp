#include "daemon_client/p2p/peer_address.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace amber::daemon_client {
namespace {

TEST(PeerAddress, ReadsHostAndPort) {
    EXPECT_EQ(ParsePeerAddress("10.0.0.5:9333", 8333), (PeerAddress{"10.0.0.5", 9333}));
    EXPECT_EQ(ParsePeerAddress("node.example", 8333), (PeerAddress{"node.example", 8333}));
    EXPECT_EQ(ParsePeerAddress("[::1]:65535", 8333), (PeerAddress{"::1", 65535}));
    EXPECT_EQ(ParsePeerAddress("[2001:db8::7]", 8333), (PeerAddress{"2001:db8::7", 8333}));
}

TEST(PeerAddress, IsShownAsItIsRead) {
    for (const char* text : {"10.0.0.5:9333", "node.example:1", "[::1]:65535"})
        EXPECT_EQ(ParsePeerAddress(text, 8333).Label(), text);
}

TEST(PeerAddress, SaysWhatIsWrong) {
    for (const char* text : {"", ":8333", "host:", "host:0", "host:65536", "host:83x", "host:-1",
                             "[::1", "[]:8333", "[::1]8333", "::1", "http://host", "a b", "u@h"}) {
        try {
            ParsePeerAddress(text, 8333);
            ADD_FAILURE() << text;
        } catch (const std::invalid_argument& error) {
            EXPECT_NE(std::string(error.what()).find("expected host:port"), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace amber::daemon_client
