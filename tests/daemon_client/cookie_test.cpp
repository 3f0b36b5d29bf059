#include "daemon_client/cookie.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "daemon_client/node_url.h"

namespace amber::daemon_client {
namespace {

namespace fs = std::filesystem;

class CookieTest : public ::testing::Test {
protected:
    void TearDown() override { fs::remove(file_); }
    void Write(const std::string& text) { std::ofstream(file_) << text; }

    const fs::path file_ =
        fs::temp_directory_path() /
        ("amber-cookie-" +
         std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
};

TEST_F(CookieTest, IsEmptyWithoutAFile) {
    Cookie cookie(file_);
    EXPECT_EQ(cookie.Authorization(), "");
    EXPECT_EQ(Cookie(fs::path()).Authorization(), "");
}

TEST_F(CookieTest, SaysWhyThereIsNone) {
    const Cookie cookie(file_);
    EXPECT_EQ(cookie.Trouble(), file_.string() + ": No such file or directory");
    EXPECT_EQ(Cookie(fs::temp_directory_path()).Trouble(),
              fs::temp_directory_path().string() + ": Is a directory");
    Write("no colon");
    EXPECT_EQ(cookie.Trouble(), file_.string() + ": does not hold USER:PASSWORD");
    Write("__cookie__:one");
    EXPECT_EQ(cookie.Trouble(), std::nullopt);
    if (::geteuid() == 0) return;  // root may read everything
    fs::permissions(file_, fs::perms::none);
    EXPECT_EQ(cookie.Trouble(), file_.string() + ": Permission denied");
}

TEST_F(CookieTest, FollowsTheFile) {
    Cookie cookie(file_);
    Write("__cookie__:one");
    EXPECT_EQ(cookie.Authorization(), BasicAuthorization("__cookie__:one"));
    Write("__cookie__:other");
    EXPECT_EQ(cookie.Authorization(), BasicAuthorization("__cookie__:other"));
    fs::remove(file_);
    EXPECT_EQ(cookie.Authorization(), "");
}

TEST_F(CookieTest, ReloadsWhateverTheTimeSays) {
    Cookie cookie(file_);
    Write("__cookie__:one\n");
    EXPECT_EQ(cookie.Authorization(), BasicAuthorization("__cookie__:one"));
    const auto time = fs::last_write_time(file_);
    Write("__cookie__:two\n");
    fs::last_write_time(file_, time);
    EXPECT_TRUE(cookie.Reload());
    EXPECT_FALSE(cookie.Reload());
    EXPECT_EQ(cookie.Authorization(), BasicAuthorization("__cookie__:two"));
}

TEST_F(CookieTest, TakesNoHalfWrittenFile) {
    Cookie cookie(file_);
    Write("__coo");
    EXPECT_EQ(cookie.Authorization(), "");
}

}  // namespace
}  // namespace amber::daemon_client
