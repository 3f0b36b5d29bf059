#include "server/console/log.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "config/options.h"

namespace amber::server {
namespace {

TEST(Log, TakesEveryLevelThatTheOptionsOffer) {
    for (const char* level : config::kLogLevels) {
        EXPECT_TRUE(SetLogLevel(level)) << level;
        EXPECT_EQ(LogLevel(), level);
    }
}

TEST(Log, RefusesOtherLevels) {
    ASSERT_TRUE(SetLogLevel("debug"));
    for (const char* level : {"", "INFO", "verbose", "warn"}) EXPECT_FALSE(SetLogLevel(level));
    EXPECT_EQ(LogLevel(), "debug");
    EXPECT_TRUE(spdlog::should_log(spdlog::level::debug));
    EXPECT_FALSE(spdlog::should_log(spdlog::level::trace));
}

TEST(Log, WritesToStderr) {
    testing::internal::CaptureStderr();
    SetUpLog();
    ASSERT_TRUE(SetLogLevel("info"));
    spdlog::info("hello");
    spdlog::debug("not shown");
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(text.ends_with("Z info    hello\n")) << text;
}

}  // namespace
}  // namespace amber::server
