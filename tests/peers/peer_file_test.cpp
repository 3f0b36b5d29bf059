#include "server/peers/peer_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/peers/staged_peer.h"

namespace amber::server {
namespace {

using std::chrono::hours;

struct PeerFileTest : testing::Test {
    std::filesystem::path folder;
    std::filesystem::path path;
    const PeerBook::Time now{hours(490'000)};

    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "amber-peers-XXXXXX").string();
        ASSERT_TRUE(mkdtemp(name.data()));
        folder = name;
        path = folder / "peers.json";
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    void Write(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
    std::string Read() { return (std::ostringstream() << std::ifstream(path).rdbuf()).str(); }
    std::optional<std::string> Load(PeerBook& book) {
        return LoadPeers(path, StagedGenesis(), book, now);
    }
    /// One good, one failed, one bad.
    void Fill(PeerBook& book) {
        for (const char* name : {"bad.example", "failed.example", "good.example"}) {
            book.Note({name, 50001, 50002}, "a \"friend\"", now, false);
            ASSERT_TRUE(book.TakeDue(now));
        }
        PeerFeatures features;
        features.hosts = {{"good.example", 1, 2}};
        features.software = "Staged \"1\"";
        features.protocol_min = kProtocolMin;
        features.protocol_max = kProtocolMax;
        book.Passed("good.example", features, "1.2.3.4", now);
        book.Failed("failed.example", "silence", false, now);
        book.Failed("bad.example", "a lie", true, now);
    }
};

TEST_F(PeerFileTest, ARestartKnowsWhatWasKnown) {
    PeerBook before{PeerTimes()};
    Fill(before);
    ASSERT_EQ(SavePeers(path, StagedGenesis(), before), std::nullopt);
    PeerBook after{PeerTimes()};
    ASSERT_EQ(Load(after), std::nullopt);
    ASSERT_EQ(after.All().size(), 3U);
    for (const auto& [name, was] : before.All()) {
        const PeerEntry& is = after.All().at(name);
        EXPECT_EQ(is.host, was.host);
        EXPECT_EQ(is.source, was.source);
        EXPECT_EQ(is.address, was.address);
        EXPECT_EQ(is.software, was.software);
        EXPECT_EQ(is.protocol_min, was.protocol_min);
        EXPECT_EQ(is.protocol_max, was.protocol_max);
        EXPECT_EQ(is.last_good, was.last_good);
        EXPECT_EQ(is.tries, was.tries);
        EXPECT_EQ(is.due, was.due) << name;
        EXPECT_EQ(after.StatusOf(is, now), before.StatusOf(was, now));
        EXPECT_FALSE(is.busy);
    }
}

TEST_F(PeerFileTest, NoFileIsNoTrouble) {
    PeerBook book{PeerTimes()};
    EXPECT_EQ(Load(book), std::nullopt);
    EXPECT_TRUE(book.All().empty());
}

TEST_F(PeerFileTest, WhatIsOfNoUseIsNamed) {
    PeerBook book{PeerTimes()};
    Fill(book);
    ASSERT_EQ(SavePeers(path, StagedGenesis(), book), std::nullopt);
    const std::string good = Read();
    PeerBook fresh{PeerTimes()};
    EXPECT_EQ(LoadPeers(path, index::BlockHash(), fresh, now), "is of another network");
    for (const std::string text : {"", "x", "{", "\xff"}) {
        Write(text);
        EXPECT_EQ(Load(fresh), "is damaged") << text;
    }
    Write(std::string(5 << 20, ' '));
    EXPECT_EQ(Load(fresh), "is damaged");
    for (const char* text :
         {"[]", "{}", "7", R"({"format":2,"peers":[]})", R"({"format":1,"peers":{}})"}) {
        Write(text);
        EXPECT_EQ(Load(fresh), "is not in the form of this version") << text;
    }
    EXPECT_TRUE(fresh.All().empty());
    // Entries that make no sense are left out, the others are taken.
    Write(std::string(good).replace(good.find("bad.example"), 11, "bad example"));
    EXPECT_EQ(Load(fresh), std::nullopt);
    EXPECT_EQ(fresh.All().size(), 2U);
    // Any byte may be another: nothing worse happens than beginning anew.
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string other = good;
        other[i] = static_cast<char>(other[i] ^ (1 << i % 7));
        Write(other);
        PeerBook any{PeerTimes()};
        static_cast<void>(Load(any));
        EXPECT_LE(any.All().size(), 3U);
    }
}

TEST_F(PeerFileTest, CannotBeWritten) {
    PeerBook book{PeerTimes()};
    EXPECT_TRUE(SavePeers(folder / "missing" / "peers.json", StagedGenesis(), book));
}

}  // namespace
}  // namespace amber::server
