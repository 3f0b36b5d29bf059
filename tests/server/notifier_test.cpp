#include "server/subscriptions/notifier.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "index/chain/hex.h"

namespace amber::server {
namespace {

using Status = ScriptSubject::Status;
using Read = std::optional<Status>;

index::ScriptHash Script(unsigned number) {
    index::ScriptHash hash;
    hash.bytes[0] = static_cast<std::uint8_t>(number);
    return hash;
}

Status MakeStatus(unsigned number) {
    if (number == 0) return std::nullopt;
    index::StatusHash hash;
    hash.bytes[0] = static_cast<std::uint8_t>(number);
    hash.bytes[1] = static_cast<std::uint8_t>(number >> 8);
    return hash;
}

std::string LineOf(const index::ScriptHash& script, const Status& status) {
    return R"({"jsonrpc":"2.0","method":"blockchain.scripthash.subscribe","params":[")" +
           ToDisplayHex(script) + "\"," +
           (status ? '"' + index::ToHex(status->View()) + '"' : "null") + "]}\n";
}

/// An I/O thread without threads: the test decides what is in memory and when the disk answers.
struct Host final : NotifierHost<ScriptSubject> {
    std::map<index::ScriptHash, unsigned> truth;  ///< at the current view
    std::set<index::ScriptHash> cold;
    std::size_t disk_capacity = 1000;
    std::vector<index::ScriptHash> disk;
    std::vector<std::pair<SessionNumber, std::string>> delivered;

    void Deliver(SessionNumber session, const Notice& notice) override {
        delivered.emplace_back(session, notice.line);
    }
    std::optional<Status> StatusFromMemory(const index::ScriptHash& script) override {
        if (cold.contains(script)) return std::nullopt;
        return MakeStatus(truth[script]);
    }
    bool StatusFromDisk(const index::ScriptHash& script) override {
        if (disk.size() >= disk_capacity) return false;
        disk.push_back(script);
        return true;
    }
};

struct NotifierTest : testing::Test {
    Host host;
    Notifier<ScriptSubject> notifier{host};
    const index::ScriptHash a = Script(1), b = Script(2);

    void Touch(std::initializer_list<index::ScriptHash> scripts) {
        std::vector<index::HashX> names;
        for (const auto& script : scripts) names.push_back(index::ToHashX(script));
        notifier.Touch(names);
    }
    void WorkAll() {
        while (notifier.Work(10)) {
        }
    }
};

TEST_F(NotifierTest, SendsOnlyWhatDiffers) {
    EXPECT_FALSE(notifier.Subscribe(1, a, MakeStatus(0)));
    Touch({a, b});
    WorkAll();
    EXPECT_TRUE(host.delivered.empty());
    host.truth[a] = 7;
    Touch({a});
    WorkAll();
    Touch({a});
    WorkAll();
    ASSERT_EQ(host.delivered.size(), 1u);
    EXPECT_EQ(host.delivered[0], std::pair(1u, LineOf(a, MakeStatus(7))));
    host.truth[a] = 0;
    Touch({a});
    WorkAll();
    EXPECT_EQ(host.delivered.at(1).second, LineOf(a, std::nullopt));
}

TEST_F(NotifierTest, ANewSubscriberDoesNotHideAChangeFromTheOthers) {
    EXPECT_FALSE(notifier.Subscribe(1, a, MakeStatus(5)));
    host.truth[a] = 6;
    Touch({a});  // and before its turn comes:
    EXPECT_FALSE(notifier.Subscribe(2, a, MakeStatus(6)));
    WorkAll();
    ASSERT_EQ(host.delivered.size(), 1u);
    EXPECT_EQ(host.delivered[0], std::pair(1u, LineOf(a, MakeStatus(6))));
}

TEST_F(NotifierTest, SubscribingAgainNotifiesNobody) {
    EXPECT_FALSE(notifier.Subscribe(1, a, MakeStatus(5)));
    host.truth[a] = 6;
    Touch({a});
    EXPECT_FALSE(notifier.Subscribe(1, a, MakeStatus(6)));
    WorkAll();
    EXPECT_TRUE(host.delivered.empty());
    EXPECT_EQ(notifier.Subscriptions(), 1u);
}

TEST_F(NotifierTest, AnOldStatusFromTheDiskIsComputedAgain) {
    EXPECT_FALSE(notifier.Subscribe(1, a, MakeStatus(5)));
    host.truth[a] = 6;
    host.cold = {a};
    Touch({a});
    EXPECT_FALSE(notifier.Work(10));
    ASSERT_EQ(host.disk.size(), 1u);
    host.truth[a] = 7;  // a new view overtakes the disk
    host.cold.clear();
    notifier.OnStatus(a, Read(MakeStatus(6)), false);
    EXPECT_TRUE(host.delivered.empty());
    WorkAll();
    ASSERT_EQ(host.delivered.size(), 1u);
    EXPECT_EQ(host.delivered[0].second, LineOf(a, MakeStatus(7)));
}

TEST_F(NotifierTest, WaitsForABusyPool) {
    EXPECT_FALSE(notifier.Subscribe(1, a, MakeStatus(5)));
    host.truth[a] = 6;
    host.cold = {a};
    host.disk_capacity = 0;
    Touch({a});
    EXPECT_FALSE(notifier.Work(10));
    host.disk_capacity = 1;
    EXPECT_FALSE(notifier.Work(10));
    ASSERT_EQ(host.disk.size(), 1u);
    notifier.OnStatus(a, Read(MakeStatus(6)), true);
    EXPECT_EQ(host.delivered.size(), 1u);
}

TEST_F(NotifierTest, AFailedReadSaysNothing) {
    EXPECT_FALSE(notifier.Subscribe(1, a, MakeStatus(5)));
    host.cold = {a};
    Touch({a});
    notifier.Work(10);
    notifier.OnStatus(a, std::nullopt, true);
    EXPECT_TRUE(host.delivered.empty());
    EXPECT_EQ(notifier.SubscriptionsOf(1), 1u);
}

TEST_F(NotifierTest, ForgottenSessionsAreLeftAlone) {
    EXPECT_FALSE(notifier.Subscribe(1, a, MakeStatus(5)));
    EXPECT_FALSE(notifier.Subscribe(2, a, MakeStatus(5)));
    EXPECT_FALSE(notifier.Subscribe(2, b, MakeStatus(5)));
    Touch({a, b});
    host.truth[a] = host.truth[b] = 6;
    notifier.Forget(2);
    WorkAll();
    ASSERT_EQ(host.delivered.size(), 1u);
    EXPECT_EQ(host.delivered[0].first, 1u);
}

/// Whatever happens in whatever order: when all is quiet, the last a session heard of each of its
/// scripts is the truth, and it never heard the same thing twice in a row.
TEST_F(NotifierTest, EndsWithTheTruthAfterRandomEvents) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::map<std::pair<SessionNumber, index::ScriptHash>, unsigned> heard;
    unsigned changes = 0;
    std::size_t read = 0;
    std::vector<std::pair<index::ScriptHash, unsigned>> in_flight;  // with the status seen
    const auto collect = [&] {
        for (; read < host.delivered.size(); ++read) {
            const auto& [session, line] = host.delivered[read];
            bool known = false;
            for (auto& [key, status] : heard) {
                if (key.first != session ||
                    line != LineOf(key.second, MakeStatus(host.truth[key.second])))
                    continue;
                ASSERT_NE(status, host.truth[key.second]) << "the same again";
                status = host.truth[key.second];
                known = true;
            }
            ASSERT_TRUE(known) << "not the truth, or not subscribed: " << session << ' ' << line;
        }
    };
    for (int step = 0; step < 20'000; ++step) {
        const index::ScriptHash script = Script(random() % 12);
        const SessionNumber session = random() % 6;
        switch (random() % 8) {
            case 0:
                host.truth[script] = ++changes % 60'000;
                Touch({script});
                break;
            case 1:
                if (random() % 2 == 0)
                    host.cold.insert(script);
                else
                    host.cold.erase(script);
                break;
            case 2:
                EXPECT_FALSE(notifier.Subscribe(session, script, MakeStatus(host.truth[script])));
                heard[{session, script}] = host.truth[script];
                break;
            case 3:
                EXPECT_EQ(notifier.Unsubscribe(session, script),
                          heard.erase({session, script}) > 0);
                break;
            case 4:
                if (random() % 20 != 0) break;
                notifier.Forget(session);
                std::erase_if(heard, [&](auto& entry) { return entry.first.first == session; });
                break;
            case 5:
                if (!in_flight.empty()) {
                    const auto [done, status] = in_flight.back();
                    in_flight.pop_back();
                    notifier.OnStatus(done, Read(MakeStatus(status)), status == host.truth[done]);
                }
                break;
            default:
                notifier.Work(random() % 4);
        }
        for (const auto& asked : host.disk) in_flight.emplace_back(asked, host.truth[asked]);
        host.disk.clear();
        ASSERT_NO_FATAL_FAILURE(collect());
    }
    host.cold.clear();
    for (const auto& [script, status] : in_flight)
        notifier.OnStatus(script, Read(MakeStatus(status)), status == host.truth[script]);
    WorkAll();
    ASSERT_NO_FATAL_FAILURE(collect());
    for (const auto& [key, status] : heard) EXPECT_EQ(status, host.truth[key.second]);
}

}  // namespace
}  // namespace amber::server
