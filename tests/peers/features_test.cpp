#include "server/peers/features.h"

#include <gtest/gtest.h>

#include "server/peers/our_features.h"
#include "server/peers/peer_row.h"
#include "tests/peers/staged_peer.h"

namespace amber::server {
namespace {

std::optional<std::string> Read(std::string_view json, PeerFeatures& features) {
    JsonDocument document;
    EXPECT_EQ(document.Parse(json), JsonFault::none) << json;
    return ReadFeatures(document, document.Root(), features);
}

std::string With(const std::string& hosts) {
    return R"({"hosts":)" + hosts + R"(,"genesis_hash":")" + index::ToDisplayHex(StagedGenesis()) +
           R"(","protocol_min":"1.4","protocol_max":"1.4.2","server_version":"a)"
           "\\n"
           R"(b"})";
}

TEST(Features, OfOtherImplementations) {
    PeerFeatures features;
    ASSERT_EQ(Read(GoodFeatures(), features), std::nullopt);
    EXPECT_EQ(features.genesis, StagedGenesis());
    EXPECT_EQ(features.hosts, (std::vector<PeerHost>{{"peer.example.org", 50001, 50002},
                                                     {"peer.example.net", 50001, 0}}));
    EXPECT_EQ(features.protocol_min.Text(), "1.4");
    EXPECT_EQ(features.protocol_max.Text(), "1.6");
    ASSERT_TRUE(features.Find("peer.example.net"));
    EXPECT_FALSE(features.Find("peer.example.com"));
    PeerFeatures others;
    ASSERT_EQ(Read(With(R"({"A.example":{"tcp_port":"50001","ssl_port":null,"ws_port":5},)"
                        R"("localhost":{"tcp_port":1},"b.example":{"ws_port":2},)"
                        R"("c.example":{"ssl_port":false,"tcp_port":3}})"),
                   others),
              std::nullopt);
    EXPECT_EQ(others.hosts, (std::vector<PeerHost>{{"a.example", 50001, 0}, {"c.example", 3, 0}}));
    EXPECT_EQ(others.software, "a?b");
}

TEST(Features, BoundsOnHosts) {
    PeerFeatures features;
    EXPECT_EQ(Read(With(R"({"a.b":{},"b.b":{},"c.b":{},"d.b":{}})"), features), std::nullopt);
    EXPECT_TRUE(features.hosts.empty());
    EXPECT_EQ(Read(With(R"({"a.b":{},"b.b":{},"c.b":{},"d.b":{},"e.b":{}})"), features),
              "it has too many hosts");
    EXPECT_EQ(Read(With(R"([])"), features), "hosts is not an object");
    EXPECT_EQ(Read(With(R"({"a.b":1})"), features), "the ports of a host are not an object");
    for (const char* port : {"0", "-1", "65536", "1.0", "1e3", "\"x\"", "[]", "true", "\"\""})
        EXPECT_EQ(Read(With(R"({"a.b":{"tcp_port":)" + std::string(port) + "}}"), features),
                  "tcp_port is not a port")
            << port;
}

TEST(Features, OursAreReadBack) {
    const std::vector<PublicHost> hosts = {{.name = "a.example", .tcp_port = 1},
                                           {.name = "b.example", .wss_port = 9},
                                           {.name = "a.example", .ssl_port = 2},
                                           {.name = "c.example", .tcp_port = 3, .ws_port = 4}};
    PeerFeatures features;
    ASSERT_EQ(Read(FeaturesText(hosts, StagedGenesis(), "Amber 1", true), features), std::nullopt);
    EXPECT_EQ(features.hosts, (std::vector<PeerHost>{{"a.example", 1, 2}, {"c.example", 3, 0}}));
    EXPECT_EQ(features.hosts, PeerHostsOf(hosts));
    EXPECT_EQ(features.software, "Amber 1");
    EXPECT_EQ(features.protocol_max, kProtocolMax);
    EXPECT_EQ(FeaturesText(hosts, StagedGenesis(), "", false).find("hash_function"),
              std::string::npos);
}

TEST(Features, RowsAreReadBack) {
    for (const PeerHost& host :
         {PeerHost{"a.example", 1, 2}, PeerHost{"2001:db8::1", 0, 65535}, PeerHost{"b.c", 7, 0}}) {
        const std::string row = PeerRow("1.2.3.4", host, kProtocolMax);
        JsonDocument document;
        ASSERT_EQ(document.Parse(row), JsonFault::none) << row;
        EXPECT_EQ(ReadPeerRow(document, document.Root(), {50001, 50002}), host) << row;
    }
    EXPECT_EQ(PeerRow("1.2.3.4", {"a.example", 1, 2}, kProtocolMin),
              R"(["1.2.3.4","a.example",["v1.4","s2","t1"]])");
}

}  // namespace
}  // namespace amber::server
