#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "server/methods/banner_file.h"
#include "tests/server/test_server.h"

namespace amber::test {
namespace {

using server::BannerFile;

/// Tor's own, one of a circuit; and a wallet's.
constexpr const char* kTorLine = "PROXY TCP6 fc00:dead:beef:4dad::ffff:1234 ::1 4711 50001\r\n";
constexpr const char* kWalletLine = "PROXY TCP4 203.0.113.9 198.51.100.1 4711 50001\r\n";

struct BannerTest : testing::Test {
    std::filesystem::path folder, path;

    void SetUp() override {
        std::string name =
            (std::filesystem::temp_directory_path() / "amber-banner-XXXXXX").string();
        ASSERT_TRUE(mkdtemp(name.data()));
        folder = name;
        path = folder / "banner";
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    /// As editors do: in place of the old one.
    void Write(const std::string& text) {
        std::ofstream(folder / "new", std::ios::binary) << text;
        std::filesystem::rename(folder / "new", path);
    }
};

TEST_F(BannerTest, AChangedFileIsReadOnceItIsWhole) {
    Write("one");
    BannerFile banner(path, "unused");
    EXPECT_EQ(*banner.Text(), "one");
    banner.Poll();
    Write("two");
    banner.Poll();
    EXPECT_EQ(*banner.Text(), "one") << "it may be half written";
    banner.Poll();
    EXPECT_EQ(*banner.Text(), "two");
    std::filesystem::remove(path);
    banner.Poll();
    banner.Poll();
    EXPECT_EQ(*banner.Text(), "two");
    Write("three");
    banner.Poll();
    banner.Poll();
    EXPECT_EQ(*banner.Text(), "three");
}

TEST_F(BannerTest, WhatIsOfNoUseLeavesTheOldText) {
    Write("one");
    BannerFile banner(path, {});
    for (const std::string& text :
         {std::string("\xff"), std::string(BannerFile::kBytesMax + 1, 'x')}) {
        Write(text);
        EXPECT_TRUE(banner.Reload().ends_with("; the old text stays")) << banner.Reload();
        EXPECT_EQ(*banner.Text(), "one");
        EXPECT_THROW(BannerFile(path, {}), std::runtime_error);
    }
    Write(std::string(BannerFile::kBytesMax, 'x'));
    EXPECT_NE(banner.Reload().find("100000 bytes are served"), std::string::npos);
    EXPECT_THROW(BannerFile(folder / "missing", {}), std::runtime_error);
    EXPECT_EQ(*BannerFile({}, "text").Text(), "text");
}

TEST_F(BannerTest, WalletsGetTheNewTextAndThoseOfTorTheirs) {
    Write("for all");
    std::ofstream(folder / "tor") << "for Tor, of $SERVER_VERSION";
    TestServer server;
    server.options.banner_file = path;
    server.options.tor_banner_file = folder / "tor";
    server.options.proxies.subnets = {
        server::Subnet::Of(boost::asio::ip::make_address("127.0.0.1"), 128)};
    server.Start();
    const auto banner = [&](const char* line) {
        TestClient client = server.Connect();
        client.Send(line);
        return std::string(client.Call("server.banner").as_string());
    };
    EXPECT_EQ(banner(kWalletLine), "for all");
    EXPECT_EQ(banner(kTorLine), "for Tor, of 9.8.7");
    Write("news");
    EXPECT_EQ(server.Server().ReloadBanners().size(), 2U);
    EXPECT_EQ(banner(kWalletLine), "news");
    EXPECT_EQ(banner(kTorLine), "for Tor, of 9.8.7");
    server.Stop();
    server.options.tor_banner_file.clear();
    server.Start();
    EXPECT_EQ(banner(kTorLine), "news");
    server.Stop();
}

}  // namespace
}  // namespace amber::test
