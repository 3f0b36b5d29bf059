// The book beside a model of it that is as plain as can be, under random events.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "server/peers/peer_book.h"

namespace amber::server {
namespace {

using std::chrono::seconds;

constexpr int kHosts = 60, kEvents = 4000;

std::string NameOf(unsigned i) { return "h" + std::to_string(i) + ".example" + std::to_string(i); }

/// What is written down of a host, and the rules of protocol.md 12 over it.
struct Plain {
    std::uint16_t port = 0;
    long last_good = -1, due = 0;
    int tries = 0;
    bool bad = false, busy = false;
    std::string address;
};

class Model {
public:
    std::map<std::string, Plain> peers;
    long now = 1'000'000'000;

    bool IsGood(const Plain& peer) const {
        return !peer.bad && peer.last_good >= 0 && now - peer.last_good < 10'800;
    }
    /// An IPv4 address may have one good peer.
    bool Taken(const std::string& name, const std::string& address) const {
        return std::ranges::any_of(peers, [&](const auto& each) {
            return each.first != name && IsGood(each.second) && each.second.address == address;
        });
    }
    long EarliestDue() const {
        long earliest = -1;
        for (const auto& [name, peer] : peers)
            if (!peer.busy && (earliest < 0 || peer.due < earliest)) earliest = peer.due;
        return earliest;
    }
};

PeerBook::Time At(long second) { return PeerBook::Time(seconds(second)); }

struct Trial {
    explicit Trial(unsigned seed) : random(seed) {}

    std::mt19937 random;
    PeerBook book{PeerTimes()};
    Model model;
    std::vector<std::string> busy;

    void Note() {
        const std::string name = NameOf(random() % kHosts);
        const auto port = static_cast<std::uint16_t>(1 + random() % 2);
        const bool trusted = random() % 4 == 0;
        const auto noted = book.Note({name, port, 0}, "test", At(model.now), trusted);
        const auto known = model.peers.find(name);
        if (known == model.peers.end()) {
            EXPECT_EQ(noted, PeerBook::Noted::added);
            model.peers[name] = {.port = port, .due = model.now, .address = {}};
        } else if (trusted && known->second.port != port) {
            EXPECT_EQ(noted, PeerBook::Noted::moved);
            known->second.port = port;
            known->second.due = model.now;
        } else {
            EXPECT_EQ(noted, PeerBook::Noted::known);
        }
    }

    void Take() {
        const long earliest = model.EarliestDue();
        const auto taken = book.TakeDue(At(model.now));
        ASSERT_EQ(taken.has_value(), earliest >= 0 && earliest <= model.now);
        if (!taken) return;
        Plain& peer = model.peers.at(taken->name);
        EXPECT_FALSE(peer.busy);
        EXPECT_EQ(peer.due, earliest);
        EXPECT_EQ(taken->tcp_port, peer.port);
        peer.busy = true;
        busy.push_back(taken->name);
    }

    /// A visit ends, one way or another.
    void End() {
        if (busy.empty()) return;
        std::swap(busy[random() % busy.size()], busy.back());
        const std::string name = busy.back();
        busy.pop_back();
        Plain& peer = model.peers.at(name);
        peer.busy = false;
        const std::string address = "1.1.1." + std::to_string(random() % 20);
        const bool taken = book.WhyNoRoom(name, address, At(model.now)).has_value();
        EXPECT_EQ(taken, model.Taken(name, address)) << name << " at " << address;
        if (!taken && random() % 2) {
            PeerFeatures features;
            features.hosts = {{name, peer.port, 0}};
            book.Passed(name, features, address, At(model.now));
            peer = {.port = peer.port,
                    .last_good = model.now,
                    .due = model.now + 10'200,
                    .address = address};
            return;
        }
        peer.bad = random() % 3 == 0;
        ++peer.tries;
        const bool forget = peer.tries >= (peer.last_good >= 0 && !peer.bad ? 10 : 3);
        EXPECT_EQ(book.Failed(name, "no", peer.bad, At(model.now)), forget) << name;
        if (forget)
            model.peers.erase(name);
        else
            peer.due = model.now + 300 * (1L << peer.tries);
    }

    void Compare() {
        ASSERT_EQ(book.All().size(), model.peers.size());
        std::size_t good = 0;
        for (const auto& [name, peer] : model.peers) {
            const PeerEntry& entry = book.All().at(name);
            EXPECT_EQ(entry.due, At(peer.due)) << name;
            EXPECT_EQ(entry.busy, peer.busy) << name;
            EXPECT_EQ(entry.host.tcp_port, peer.port) << name;
            EXPECT_EQ(book.StatusOf(entry, At(model.now)) == PeerStatus::good, model.IsGood(peer))
                << name;
            good += model.IsGood(peer);
        }
        EXPECT_EQ(book.Good(At(model.now)).size(), good);
    }
};

TEST(PeerBookProperty, AsTheModelUnderRandomEvents) {
    const unsigned seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    Trial run(seed);
    std::size_t most_good = 0;
    for (int event = 0; event < kEvents; ++event) {
        switch (run.random() % 5) {
            case 0:
                run.Note();
                break;
            case 1:
            case 2:
                run.Take();
                break;
            case 3:
                run.End();
                break;
            case 4:
                run.model.now += static_cast<long>(run.random() % 400);
                break;
        }
        run.Compare();
        most_good = std::max(most_good, run.book.Good(At(run.model.now)).size());
        if (testing::Test::HasFailure()) FAIL() << "at event " << event << ", seed " << seed;
    }
    EXPECT_GT(most_good, 5U) << "nothing was shown";
}

}  // namespace
}  // namespace amber::server
