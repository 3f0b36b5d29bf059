#include "daemon_client/daemon_list.h"

#include <gtest/gtest.h>

namespace amber::daemon_client {
namespace {

const index::NodeError kDown{index::NodeError::Kind::unreachable, 0, "down"};

std::vector<NodeUrl> Urls(std::initializer_list<const char*> hosts) {
    std::vector<NodeUrl> urls;
    for (const char* host : hosts) urls.push_back({host, 1, {}});
    return urls;
}

TEST(DaemonList, GoesRoundAndStaysWithWhatWorks) {
    DaemonList list(Urls({"a", "b", "c"}));
    EXPECT_EQ(list.Current().host, "a");
    EXPECT_TRUE(list.Failed(kDown));
    EXPECT_EQ(list.Current().host, "b");
    list.Succeeded("");
    EXPECT_TRUE(list.Verified());
    EXPECT_EQ(list.Current().host, "b");
    EXPECT_TRUE(list.Failed(kDown));
    EXPECT_FALSE(list.Verified());
    EXPECT_EQ(list.Current().host, "c");
}

TEST(DaemonList, SaysWhenAllHaveFailed) {
    DaemonList list(Urls({"a", "b"}));
    EXPECT_TRUE(list.Failed(kDown));
    EXPECT_FALSE(list.Failed(kDown));
    EXPECT_EQ(list.Current().host, "a");
    EXPECT_TRUE(list.Failed(kDown));
    EXPECT_FALSE(list.Failed(kDown));
}

TEST(DaemonList, CountsEpochs) {
    DaemonList list(Urls({"a"}));
    EXPECT_EQ(list.Epoch(), 0u);
    list.Succeeded("");
    EXPECT_EQ(list.Epoch(), 1u);
    EXPECT_FALSE(list.Failed(kDown));
    list.Succeeded("");
    EXPECT_EQ(list.Epoch(), 2u);
}

TEST(DaemonList, ReplacingStartsAnew) {
    DaemonList list(Urls({"a", "b"}));
    list.Succeeded("");
    list.Replace(Urls({"c"}));
    EXPECT_EQ(list.Current().host, "c");
    EXPECT_FALSE(list.Verified());
}

}  // namespace
}  // namespace amber::daemon_client
