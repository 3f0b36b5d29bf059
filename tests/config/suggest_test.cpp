#include "config/suggest.h"

#include <gtest/gtest.h>

namespace amber::config {
namespace {

const std::vector<std::string_view> kWords = {"tcp", "ws", "cache-mb", "network", "max-send"};

TEST(Suggest, FindsTheWordMeant) {
    EXPECT_EQ(Nearest("netwrok", kWords), "network");
    EXPECT_EQ(Nearest("cache_mb", kWords), "cache-mb");
    EXPECT_EQ(Nearest("cache", kWords), "cache-mb");
    EXPECT_EQ(Nearest("tpc", kWords), "tcp");
    EXPECT_EQ(Nearest("maxsend", kWords), "max-send");
}

TEST(Suggest, SaysNothingRatherThanNonsense) {
    EXPECT_EQ(Nearest("zzzzzz", kWords), "");
    EXPECT_EQ(Nearest("", kWords), "");
    EXPECT_EQ(Nearest("x", kWords), "");
    EXPECT_EQ(Nearest(std::string(100'000, 'n'), kWords), "");
    EXPECT_EQ(DidYouMean("zzzzzz", kWords), "");
    EXPECT_EQ(DidYouMean("netwrok", kWords), "; did you mean \"network\"?");
}

TEST(Suggest, ListsWordsInASentence) {
    EXPECT_EQ(OneOf({"a"}), "a");
    EXPECT_EQ(OneOf({"a", "b"}), "a or b");
    EXPECT_EQ(OneOf({"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace amber::config
