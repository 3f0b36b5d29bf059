#include "server/peers/peer_book.h"

#include <gtest/gtest.h>

namespace amber::server {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Noted = PeerBook::Noted;

PeerFeatures FeaturesOf(const PeerHost& host) {
    PeerFeatures features;
    features.hosts = {host};
    features.software = "x";
    features.protocol_max = kProtocolMax;
    return features;
}

struct PeerBookTest : testing::Test {
    PeerBook book{PeerTimes()};
    PeerBook::Time now{hours(500'000)};

    PeerHost Host(const std::string& name) { return {name, 50001, 50002}; }
    void Note(const std::string& name) {
        ASSERT_EQ(book.Note(Host(name), "test", now, false), Noted::added);
    }
    void Pass(const std::string& name, const std::string& address) {
        book.Passed(name, FeaturesOf(Host(name)), address, now);
    }
    void MakeGood(const std::string& name, const std::string& address) {
        Note(name);
        ASSERT_EQ(book.TakeDue(now), Host(name));
        Pass(name, address);
    }
    const PeerEntry& Entry(const std::string& name) { return book.All().at(name); }
    PeerStatus Status(const std::string& name) { return book.StatusOf(Entry(name), now); }
};

TEST_F(PeerBookTest, ANewOneIsDueAtOnceAndOnlyOnce) {
    EXPECT_EQ(book.NextDue(), std::nullopt);
    Note("a.example");
    EXPECT_EQ(book.Note(Host("a.example"), "test", now, false), Noted::known);
    EXPECT_EQ(book.NextDue(), now);
    EXPECT_EQ(Status("a.example"), PeerStatus::never);
    EXPECT_EQ(book.TakeDue(now - seconds(1)), std::nullopt);
    EXPECT_EQ(book.TakeDue(now), Host("a.example"));
    EXPECT_EQ(book.TakeDue(now), std::nullopt) << "it is busy";
    EXPECT_EQ(book.NextDue(), std::nullopt);
}

TEST_F(PeerBookTest, AGoodOneIsSeenAgainBeforeItIsStale) {
    MakeGood("a.example", "1.2.3.4");
    EXPECT_EQ(Status("a.example"), PeerStatus::good);
    EXPECT_EQ(book.NextDue(), now + hours(3) - seconds(600));
    now += hours(3) - seconds(1);
    EXPECT_EQ(Status("a.example"), PeerStatus::good);
    now += seconds(1);
    EXPECT_EQ(Status("a.example"), PeerStatus::stale);
    EXPECT_TRUE(book.Good(now).empty());
}

TEST_F(PeerBookTest, FailuresAreTriedLaterEachTimeAndThenForgotten) {
    Note("new.example");
    for (const seconds wait : {seconds(600), seconds(1200)}) {
        ASSERT_TRUE(book.TakeDue(now));
        EXPECT_FALSE(book.Failed("new.example", "silence", false, now));
        EXPECT_EQ(book.NextDue(), now + wait);
        EXPECT_EQ(Status("new.example"), PeerStatus::never);
        now += wait;
    }
    ASSERT_TRUE(book.TakeDue(now));
    EXPECT_TRUE(book.Failed("new.example", "silence", false, now));
    EXPECT_TRUE(book.All().empty());

    MakeGood("known.example", "1.2.3.4");
    now += hours(3);
    for (int tries = 1; tries < 10; ++tries) {
        ASSERT_TRUE(book.TakeDue(now));
        ASSERT_FALSE(book.Failed("known.example", "silence", false, now));
        EXPECT_EQ(book.NextDue(), now + seconds(300) * (1 << tries));
        now = *book.NextDue();
    }
    ASSERT_TRUE(book.TakeDue(now));
    EXPECT_TRUE(book.Failed("known.example", "silence", false, now));
}

TEST_F(PeerBookTest, ABadOneIsNotListedAndSoonForgotten) {
    MakeGood("a.example", "1.2.3.4");
    now += seconds(10'200);
    for (int tries = 1; tries <= 3; ++tries) {
        ASSERT_TRUE(book.TakeDue(now));
        EXPECT_EQ(book.Failed("a.example", "a lie", true, now), tries == 3);
        if (tries == 3) break;
        EXPECT_EQ(Status("a.example"), PeerStatus::bad);
        EXPECT_EQ(Entry("a.example").trouble, "a lie");
        EXPECT_TRUE(book.Good(now).empty());
        now = *book.NextDue();
    }
    EXPECT_TRUE(book.All().empty());
}

TEST_F(PeerBookTest, OneGoodPeerPerAddress) {
    MakeGood("a.example", "1.2.3.4");
    MakeGood("six.example", "2a01:4f8:1:2::1");
    EXPECT_TRUE(book.WhyNoRoom("b.example", "1.2.3.4", now));
    EXPECT_FALSE(book.WhyNoRoom("a.example", "1.2.3.4", now)) << "it is itself";
    EXPECT_FALSE(book.WhyNoRoom("b.example", "1.2.3.5", now));
    EXPECT_TRUE(book.WhyNoRoom("b.example", "2a01:4f8:1:2:ffff::9", now));
    EXPECT_FALSE(book.WhyNoRoom("b.example", "2a01:4f8:1:3::1", now));
    EXPECT_TRUE(book.WhyNoRoom("www.b.example", "", now) == std::nullopt);
    MakeGood("one.shop.example", "");
    EXPECT_TRUE(book.WhyNoRoom("two.shop.example", "", now)) << "of one domain, behind a proxy";
    EXPECT_TRUE(book.WhyNoRoom("1.2.3.4", "", now)) << "an address is its own name";
    now += hours(3);
    EXPECT_FALSE(book.WhyNoRoom("b.example", "1.2.3.4", now)) << "stale ones keep no place";
}

TEST_F(PeerBookTest, OnionsAreHalfOfAllAtMost) {
    const auto onion = [](std::size_t i) { return "n" + std::to_string(i) + ".onion"; };
    for (std::size_t i = 0; i < PeerBook::kOnionsMax; ++i) {
        EXPECT_FALSE(book.WhyNoRoom(onion(i), "", now)) << i;
        MakeGood(onion(i), "");
    }
    EXPECT_TRUE(book.WhyNoRoom("more.onion", "", now));
    for (std::size_t i = 0; i <= PeerBook::kOnionsMax; ++i)
        MakeGood("h" + std::to_string(i) + ".example", "1.0.0." + std::to_string(i));
    MakeGood("last.example", "1.0.1.1");
    EXPECT_FALSE(book.WhyNoRoom("more.onion", "", now));
}

TEST_F(PeerBookTest, NewPortsCountOnlyFromTheOwner) {
    MakeGood("a.example", "1.2.3.4");
    const PeerHost moved{"a.example", 0, 443};
    EXPECT_EQ(book.Note(moved, "gossip", now, false), Noted::known);
    EXPECT_EQ(book.TakeDue(now), std::nullopt);
    EXPECT_EQ(book.Note(moved, "itself", now, true), Noted::moved);
    EXPECT_EQ(book.TakeDue(now), moved);
    EXPECT_EQ(book.Note(moved, "itself", now, true), Noted::known);
}

TEST_F(PeerBookTest, TheOperatorNeedNotWait) {
    MakeGood("a.example", "1.2.3.4");
    book.MakeDue("a.example", now);
    book.MakeDue("b.example", now);
    EXPECT_EQ(book.TakeDue(now), Host("a.example"));
    EXPECT_EQ(book.All().size(), 1U);
}

TEST_F(PeerBookTest, TheBoundHoldsAndGossipTakesNoPlaceFromGoodOnes) {
    MakeGood("good.example", "1.2.3.4");
    for (std::size_t i = 1; i < PeerBook::kPeersMax; ++i)
        Note("h" + std::to_string(i) + ".example");
    EXPECT_EQ(book.Note(Host("more.example"), "test", now, true), Noted::full);
    const auto failed = book.TakeDue(now);
    ASSERT_TRUE(failed);
    book.Failed(failed->name, "silence", false, now);
    EXPECT_EQ(book.Note(Host("more.example"), "test", now, false), Noted::added);
    EXPECT_EQ(book.All().size(), PeerBook::kPeersMax);
    EXPECT_FALSE(book.All().contains(failed->name));
    EXPECT_TRUE(book.All().contains("good.example"));
}

TEST_F(PeerBookTest, AClockThatWasWrongPutsNobodyOff) {
    PeerEntry entry;
    entry.host = Host("a.example");
    entry.last_good = now + hours(100'000);
    entry.last_try = now + hours(100'000);
    book.Restore(entry, now);
    EXPECT_LE(*book.NextDue(), now + hours(3));
    entry.host = Host("b.example");
    entry.tries = 4'000'000'000;
    book.Restore(entry, now);
    EXPECT_LE(Entry("b.example").due, now + seconds(300) * 1024);
}

}  // namespace
}  // namespace amber::server
