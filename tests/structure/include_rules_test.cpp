#include "tests/structure/include_rules.h"

#include <gtest/gtest.h>

namespace amber::structure {
namespace {

TEST(IncludeRules, ReadsIncludeLines) {
    EXPECT_EQ(Includes("#pragma once\n#include <a/b.h>\n  #  include \"c/d.h\"  // why\n"
                       "// #include <no.h>\nint x;\n"),
              (std::vector<std::string>{"<a/b.h>", "\"c/d.h\""}));
}

TEST(IncludeRules, FollowTheArrows) {
    EXPECT_EQ(WhyNot("daemon_client/node.cpp", "\"index/ports/node_events.h\""), "");
    EXPECT_EQ(WhyNot("server/admin/admin_target.h", "\"index/indexer.h\""), "");
    EXPECT_EQ(WhyNot("server/app/main.cpp", "\"daemon_client/node.h\""), "");
    EXPECT_EQ(WhyNot("server/app/main.cpp", "\"config/options.h\""), "");
    EXPECT_EQ(WhyNot("config/load.cpp", "\"index/chain/coin.h\""), "");
    EXPECT_EQ(WhyNot("index/store/store.cpp", "<rocksdb/db.h>"), "");
    EXPECT_EQ(WhyNot("index/indexer.cpp", "<vector>"), "");
}

TEST(IncludeRules, StopAnArrowTheWrongWay) {
    for (const auto& [path, header] : std::vector<std::pair<std::string, std::string>>{
             {"index/indexer.cpp", "\"server/wallet_server.h\""},
             {"index/indexer.cpp", "\"daemon_client/node.h\""},
             {"index/indexer.cpp", "\"config/options.h\""},
             {"index/chain/coin.cpp", "\"index/tables/history.h\""},
             {"index/ports/block_feed.h", "\"index/store/store.h\""},
             {"daemon_client/node.cpp", "\"server/wallet_server.h\""},
             {"daemon_client/node.cpp", "\"index/store/store.h\""},
             {"daemon_client/node.cpp", "\"config/options.h\""},
             {"server/admin/admin_server.cpp", "\"daemon_client/node.h\""},
             {"server/session/session.cpp", "\"config/options.h\""},
             {"config/load.cpp", "\"index/indexer.h\""},
             {"config/load.cpp", "\"server/console/log.h\""},
             {"server/session/session.cpp", "\"session.h\""},
             {"elsewhere/x.cpp", "\"index/chain/hash.h\""}}) {
        EXPECT_NE(WhyNot(path, header), "") << path << " " << header;
    }
}

TEST(IncludeRules, KeepLibrariesWhereTheyBelong) {
    for (const auto& [path, header] : std::vector<std::pair<std::string, std::string>>{
             {"index/tables/history.cpp", "<rocksdb/slice.h>"},
             {"server/admin/admin_methods.cpp", "<rocksdb/db.h>"},
             {"index/indexer.cpp", "<boost/asio/post.hpp>"},
             {"index/indexer.cpp", "<boost/asio.hpp>"},
             {"index/query/query.cpp", "<boost/json.hpp>"},
             {"index/query/query.cpp", "<boost/beast/core.hpp>"},
             {"index/indexer.cpp", "<sys/socket.h>"},
             {"index/indexer.cpp", "<CLI/CLI.hpp>"},
             {"server/app/main.cpp", "<toml++/toml.h>"},
             {"server/app/main.cpp", "<zmq.hpp>"}}) {
        EXPECT_NE(WhyNot(path, header), "") << path << " " << header;
    }
}

TEST(IncludeRules, FindsCircles) {
    EXPECT_EQ(SubFolder("index/chain/hash.h"), "index/chain");
    EXPECT_EQ(SubFolder("index/tip.h"), "");
    EXPECT_TRUE(FindCircle({{"a", {"b", "c"}}, {"b", {"c"}}, {"c", {}}}).empty());
    EXPECT_EQ(FindCircle({{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}}),
              (std::vector<std::string>{"b", "c"}));
}

}  // namespace
}  // namespace amber::structure
