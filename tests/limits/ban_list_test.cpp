#include "server/limits/ban_list.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <stdexcept>

#include "server/wire/parse_address.h"

namespace amber::server {
namespace {

using namespace std::chrono_literals;

BanTime Now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }
Subnet Net(std::string_view text) { return *Subnet::Parse(text); }

struct BanListTest : testing::Test {
    const std::filesystem::path folder = MakeFolder();
    const std::filesystem::path file = folder / "bans";

    static std::filesystem::path MakeFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "amber-bans-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("cannot make " + name);
        return name;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    static bool Has(const BanList& bans, std::string_view address) {
        return bans.Contains(*ParseAddress(address));
    }
};

TEST_F(BanListTest, AddressesAndNetworks) {
    BanList bans({});
    EXPECT_FALSE(Has(bans, "192.0.2.7"));
    bans.Add({Net("192.0.2.7"), std::nullopt});
    bans.Add({Net("10.0.0.0/8"), std::nullopt});
    bans.Add({Net("2001:db8::/32"), std::nullopt});
    EXPECT_TRUE(Has(bans, "192.0.2.7"));
    EXPECT_TRUE(Has(bans, "::ffff:192.0.2.7"));
    EXPECT_FALSE(Has(bans, "192.0.2.8"));
    EXPECT_TRUE(Has(bans, "10.255.1.1"));
    EXPECT_TRUE(Has(bans, "2001:db8:ffff::1"));
    EXPECT_FALSE(Has(bans, "2001:db9::1"));
    EXPECT_FALSE(bans.Remove(Net("10.1.0.0/16"))) << "no such ban, though it lies in one";
    EXPECT_TRUE(bans.Remove(Net("10.0.0.0/8")));
    EXPECT_FALSE(Has(bans, "10.255.1.1"));
    EXPECT_EQ(bans.All().size(), 2u);
}

/// Root may read all files, but no folder as one.
TEST_F(BanListTest, AFileThatCannotBeReadIsNoEmptyOne) {
    std::filesystem::create_directory(file);
    try {
        const BanList bans(file);
        FAIL() << "taken for a list with no bans";
    } catch (const std::runtime_error& error) {
        EXPECT_TRUE(
            std::string(error.what())
                .starts_with("cannot read the bans in " + file.string() + ": Is a directory"))
            << error.what();
    }
}

TEST_F(BanListTest, EndInTime) {
    BanList bans(file);
    bans.Add({Net("192.0.2.7"), Now() - 1s});
    bans.Add({Net("192.0.2.8"), Now() + 1h});
    EXPECT_FALSE(Has(bans, "192.0.2.7"));
    EXPECT_TRUE(Has(bans, "192.0.2.8"));
    ASSERT_EQ(bans.All().size(), 1u);
    EXPECT_EQ(bans.All()[0].subnet, Net("192.0.2.8"));
    bans.Add({Net("192.0.2.8"), Now() - 1s});
    EXPECT_FALSE(Has(bans, "192.0.2.8")) << "the later one counts";
}

TEST_F(BanListTest, OutlastARestart) {
    const BanTime end = Now() + 1h;
    {
        BanList bans(file);
        bans.Add({Net("203.0.113.0/24"), end});
        bans.Add({Net("2001:db8::/48"), std::nullopt});
        bans.Add({Net("192.0.2.1"), std::nullopt});
        bans.Remove(Net("192.0.2.1"));
    }
    const BanList bans(file);
    ASSERT_EQ(bans.All().size(), 2u);
    EXPECT_EQ(bans.All()[0].subnet.Text(), "203.0.113.0/24");
    EXPECT_EQ(bans.All()[0].until, end);
    EXPECT_EQ(bans.All()[1].subnet.Text(), "2001:db8::/48");
    EXPECT_EQ(bans.All()[1].until, std::nullopt);
}

TEST_F(BanListTest, LinesThatAreNoneArePassedOver) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    {
        std::ofstream out(file);
        for (const char* line :
             {"", "10.0.0.0/8", "10.0.0.0/8 soon", "10.0.0.0/8 1 2", "x -", "10.0.0.1/8 -",
              "10.0.0.0/33 -", "10.0.0.0/8 99999999999999999999"})
            out << line << "\n";
        for (int i = 0; i < 1000; ++i) out << static_cast<char>(random());
        out << "\n192.0.2.9 -\n";
    }
    const BanList bans(file);
    ASSERT_EQ(bans.All().size(), 1u);
    EXPECT_TRUE(Has(bans, "192.0.2.9"));
}

TEST_F(BanListTest, WhatCannotBeWrittenIsNotDone) {
    BanList bans(folder / "none" / "bans");
    EXPECT_THROW(bans.Add({Net("192.0.2.7"), std::nullopt}), std::runtime_error);
    EXPECT_FALSE(Has(bans, "192.0.2.7"));
}

TEST_F(BanListTest, Full) {
    std::ofstream out(file);
    for (std::size_t i = 0; i < BanList::kMost; ++i)
        out << "10." << i / 65536 << '.' << i / 256 % 256 << '.' << i % 256 << " -\n";
    out.close();
    BanList bans(file);
    EXPECT_EQ(bans.All().size(), BanList::kMost);
    EXPECT_THROW(bans.Add({Net("192.0.2.7"), std::nullopt}), std::runtime_error);
    bans.Add({Net("10.0.0.1"), Now() + 1h});  // one that is there
    bans.Remove(Net("10.0.0.1"));
    bans.Add({Net("192.0.2.7"), std::nullopt});
    EXPECT_TRUE(Has(bans, "192.0.2.7"));
}

}  // namespace
}  // namespace amber::server
