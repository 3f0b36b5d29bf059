#include "server/limits/guests.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "server/wire/parse_address.h"

namespace amber::server {
namespace {

using namespace std::chrono_literals;

struct GuestsTest : testing::Test {
    Limits limits;
    std::vector<Subnet> exempt{*Subnet::Parse("127.0.0.0/8")};
    BanList bans{{}};
    BoundHits hits;
    Guests guests{limits, exempt, bans, hits};
    Guest::Clock::time_point now = Guest::Clock::now();

    GuestPtr Enter(const std::string& address, double units = 0) {
        return guests.Enter(*ParseAddress(address), units);
    }
    std::uint64_t Hits(Bound bound) const {
        return hits.Read()[static_cast<std::size_t>(bound)].second;
    }
    Standing Charge(const GuestPtr& guest, double units) { return guest->Charge(units, now); }
};

TEST_F(GuestsTest, Groups) {
    EXPECT_EQ(Enter("203.0.113.9")->GroupName(), "203.0.113.0/24");
    EXPECT_EQ(Enter("::ffff:203.0.113.9")->GroupName(), "203.0.113.0/24");
    EXPECT_EQ(Enter("2001:db8:1:2::3")->GroupName(), "2001:db8:1::/48");
    EXPECT_EQ(Enter("fc00:dead:beef:4dad::1:2")->GroupName(), "fc00:dead:beef:4dad::1:2");
    EXPECT_EQ(Enter("127.0.0.1")->GroupName(), "");
    EXPECT_TRUE(guests.Enter(std::nullopt, 0)->IsExempt()) << "a unix socket";
}

TEST_F(GuestsTest, ConnectionsOfAnAddress) {
    limits.max_sessions_per_ip = 2;
    GuestPtr one = Enter("203.0.113.9"), two = Enter("203.0.113.9");
    EXPECT_FALSE(Enter("203.0.113.9"));
    EXPECT_TRUE(Enter("203.0.113.10")) << "a neighbour";
    one.reset();
    EXPECT_TRUE(Enter("203.0.113.9"));
    // Of IPv6 a /64 is one.
    GuestPtr three = Enter("2001:db8::1"), four = Enter("2001:db8::2");
    EXPECT_FALSE(Enter("2001:db8::3"));
    EXPECT_TRUE(Enter("2001:db8:0:1::3"));
    EXPECT_EQ(Hits(Bound::max_sessions_per_ip), 2u);
    std::vector<GuestPtr> own;
    for (int i = 0; i < 100; ++i) own.push_back(Enter("127.0.0.1"));
    EXPECT_TRUE(own.back());
}

TEST_F(GuestsTest, SubscriptionsOfAnAddress) {
    limits.max_subscriptions_per_ip = 3;
    GuestPtr one = Enter("203.0.113.9"), two = Enter("203.0.113.9"), other = Enter("203.0.113.8");
    EXPECT_TRUE(one->Watch() && one->Watch() && two->Watch());
    EXPECT_FALSE(two->Watch());
    EXPECT_TRUE(other->Watch());
    one->Unwatch(1);
    EXPECT_TRUE(two->Watch());
    one.reset();
    EXPECT_TRUE(two->Watch());
    EXPECT_FALSE(two->Watch());
}

TEST_F(GuestsTest, SlowedThenClosed) {
    limits.cost_soft_limit = 100;
    limits.cost_hard_limit = 300;
    const GuestPtr guest = Enter("203.0.113.9");
    EXPECT_EQ(Charge(guest, 50).slowness, 0);
    const Standing slowed = Charge(guest, 150);
    EXPECT_NEAR(slowed.slowness, 0.5, 1e-6);
    EXPECT_FALSE(slowed.is_over);
    EXPECT_TRUE(Charge(guest, 100).is_over);
    EXPECT_EQ(Charge(Enter("127.0.0.1"), 1e6).slowness, 0) << "exempt";
    EXPECT_FALSE(Charge(Enter("203.0.114.9"), 0).is_over) << "another group";
    now += 20s;
    EXPECT_NEAR(Charge(guest, 0).slowness, 0, 1e-6);
    limits.cost_hard_limit = 0;
    EXPECT_FALSE(Charge(guest, 1e6).is_over) << "switched off";
}

/// Between the hard limit and twice that, those who are to blame go and the others stay.
TEST_F(GuestsTest, NeighboursOfAnAbuser) {
    limits.cost_hard_limit = 300;
    const GuestPtr abuser = Enter("203.0.113.9"), modest = Enter("203.0.113.10");
    EXPECT_FALSE(Charge(modest, 1).is_over);
    EXPECT_TRUE(Charge(abuser, 400).is_over);
    const Standing standing = Charge(modest, 1);
    EXPECT_FALSE(standing.is_over);
    EXPECT_EQ(standing.slowness, 1);
    Charge(abuser, 200);
    EXPECT_TRUE(Charge(modest, 1).is_over) << "no excuse";
}

TEST_F(GuestsTest, AGroupRemembers) {
    limits.cost_hard_limit = 300;
    Charge(Enter("203.0.113.9"), 700);
    EXPECT_FALSE(Enter("203.0.113.77")) << "twice the limit: not even let in";
    EXPECT_EQ(Hits(Bound::cost_hard_limit), 1u);
    EXPECT_TRUE(Enter("203.0.114.77"));
    limits.cost_hard_limit = 1000;
    EXPECT_TRUE(Enter("203.0.113.77")) << "the operator has changed it";
}

TEST_F(GuestsTest, BansBeatExemptions) {
    bans.Add({*Subnet::Parse("127.0.0.0/16"), std::nullopt});
    EXPECT_FALSE(Enter("127.0.0.1"));
    EXPECT_TRUE(Enter("127.1.0.1"));
    EXPECT_EQ(Hits(Bound::ban), 1u);
    const GuestPtr guest = Enter("203.0.113.9");
    EXPECT_FALSE(guest->IsBanned());
    bans.Add({*Subnet::Parse("203.0.113.9"), std::nullopt});
    EXPECT_TRUE(guest->IsBanned());
}

/// Neither is what has been counted lost, nor what was not counted held against anybody.
TEST_F(GuestsTest, WhoIsExemptMayChange) {
    limits.max_sessions_per_ip = 1;
    limits.max_subscriptions_per_ip = 1;
    GuestPtr counted = Enter("203.0.113.9"), own = Enter("127.0.0.1");
    EXPECT_TRUE(counted->Watch());
    EXPECT_FALSE(Enter("203.0.113.9"));
    guests.SetExempt({*Subnet::Parse("203.0.113.0/24")});
    const GuestPtr now_exempt = Enter("203.0.113.9");
    ASSERT_TRUE(now_exempt && now_exempt->IsExempt());
    EXPECT_FALSE(counted->IsExempt()) << "it stays what it was";
    EXPECT_FALSE(counted->Watch());
    EXPECT_TRUE(own->IsExempt());
    EXPECT_TRUE(own->Watch() && own->Watch());
    GuestPtr no_more = Enter("127.0.0.1");
    ASSERT_TRUE(no_more);
    EXPECT_FALSE(no_more->IsExempt());
    EXPECT_FALSE(Enter("127.0.0.1"));
    own.reset();
    EXPECT_FALSE(Enter("127.0.0.1")) << "it was never counted";
    counted.reset();
    guests.SetExempt({});
    EXPECT_TRUE(Enter("203.0.113.9")) << "what was counted is gone, what was exempt does not count";
}

TEST_F(GuestsTest, ForgetsTheCheapestGroupsAtItsBound) {
    Charge(Enter("203.0.113.9"), 5000);
    const GuestPtr stays = Enter("198.51.100.1");
    for (unsigned i = 0; i < 4 * Guests::kMostKept; ++i)
        EXPECT_TRUE(guests.Enter(boost::asio::ip::address_v4(0x0a000000 + i * 256), 50));
    const auto groups = guests.Groups();
    EXPECT_LE(groups.size(), Guests::kMostKept * 3 / 2 + 2);
    EXPECT_EQ(groups.front().name, "203.0.113.0/24") << "what has cost most is not forgotten";
    EXPECT_EQ(std::ranges::count(groups, "198.51.100.0/24", &GroupInfo::name), 1)
        << "nor who is connected";
}

/// Random comings, goings and charges, against sums over all that happened.
TEST_F(GuestsTest, AgreesWithANaiveModel) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    limits.max_sessions_per_ip = 3;
    limits.cost_hard_limit = 1'000'000'000;
    struct Present {
        GuestPtr guest;
        std::string address, group;
    };
    std::vector<Present> present;
    std::map<std::string, double> cost;
    int refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        const unsigned group = random() % 20, host = random() % 5;
        const unsigned what = random() % 3;
        if (what == 0) {
            const std::string prefix = "10.0." + std::to_string(group) + '.';
            const std::string address = prefix + std::to_string(host);
            const auto same = std::ranges::count(present, address, &Present::address);
            GuestPtr guest = Enter(address, 7);
            ASSERT_EQ(guest != nullptr, same < 3);
            cost[prefix + "0/24"] += 7;
            refused += guest == nullptr;
            if (guest) present.push_back({std::move(guest), address, prefix + "0/24"});
        } else if (!present.empty()) {
            Present& one = present[random() % present.size()];
            if (what == 1) {
                const double units = random() % 1000;
                Charge(one.guest, units);
                cost[one.group] += units;
            } else {
                std::swap(one, present.back());
                present.pop_back();
            }
        }
    }
    EXPECT_GT(refused, 5);
    std::map<std::string, std::size_t> connections;
    for (const Present& one : present) ++connections[one.group];
    for (const GroupInfo& group : guests.Groups()) {
        EXPECT_EQ(group.connections, connections[group.name]) << group.name;
        // The test has taken less than ten seconds.
        EXPECT_LE(group.cost, cost[group.name] + 1e-3) << group.name;
        EXPECT_GE(group.cost, cost[group.name] - 100) << group.name;
    }
    EXPECT_GE(guests.Groups().size(), 19u);
}

}  // namespace
}  // namespace amber::server
