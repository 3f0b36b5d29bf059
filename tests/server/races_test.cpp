// Subscriptions while the world moves: clients on all threads subscribe, unsubscribe and ask for
// histories, some from memory and some from the disk, while new views are announced all the time.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "index/chain/hex.h"
#include "tests/server/test_server.h"

namespace amber::test {
namespace {

namespace json = boost::json;

constexpr unsigned kScripts = 12;

/// Every status each script ever had, with the number of the view it began at. Views get longer
/// histories only, so a status names its view range without doubt.
class Truth {
public:
    void Note(const std::string& script, const std::string& status, std::uint64_t view) {
        const std::lock_guard lock(mutex_);
        views_[script].emplace(status, view);
        newest_[script] = status;
    }
    std::optional<std::uint64_t> ViewOf(const std::string& script, const std::string& status) {
        const std::lock_guard lock(mutex_);
        const auto found = views_[script].find(status);
        if (found == views_[script].end()) return std::nullopt;
        return found->second;
    }
    std::string Newest(const std::string& script) {
        const std::lock_guard lock(mutex_);
        return newest_[script];
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::map<std::string, std::uint64_t>> views_;
    std::map<std::string, std::string> newest_;
};

std::string StatusText(const std::vector<index::HistoryEntry>& history) {
    const auto status = StatusOf(history);
    return status ? index::ToHex(status->View()) : "null";
}

std::string StatusOfAnswer(const json::value& history) {
    std::vector<index::HistoryEntry> entries;
    for (const json::value& item : history.as_array())
        entries.push_back({.txid = *index::FromDisplayHex<Txid>(item.at("tx_hash").as_string()),
                           .height = static_cast<std::int32_t>(item.at("height").as_int64())});
    return StatusText(entries);
}

std::string TextOf(const json::value& status) {
    return status.is_null() ? "null" : std::string(status.as_string());
}

/// One client and what it must never see.
class Watcher {
public:
    Watcher(TestServer& server, Truth& truth, unsigned seed)
        : client_(server.Connect()), truth_(truth), random_(seed) {}

    void Run(int steps) {
        for (int step = 0; step < steps && Fine(); ++step) {
            const std::string script = ToDisplayHex(MakeScript(random_() % kScripts));
            switch (random_() % 4) {
                case 0:
                    Send("unsubscribe", script);
                    break;
                case 1:
                    Send("get_history", script);
                    break;
                default:
                    Send("subscribe", script);
            }
            while (Fine() && pending_.size() > random_() % 8) ReadOne();
        }
        while (Fine() && !pending_.empty()) ReadOne();
    }

    /// Until it has heard the newest of everything it is subscribed to.
    void Settle() {
        const auto behind = [&] {
            for (const auto& [script, status] : known_)
                if (status != truth_.Newest(script)) return true;
            return false;
        };
        while (Fine() && behind()) ReadOne();
    }

private:
    static bool Fine() { return !testing::Test::HasFailure(); }

    void Send(const std::string& method, const std::string& script) {
        client_.SendLine("{\"id\":" + std::to_string(++id_) +
                         R"(,"method":"blockchain.scripthash.)" + method + R"(","params":[")" +
                         script + "\"]}");
        pending_[id_] = {method, script};
    }

    void ReadOne() {
        const json::value line = json::parse(*client_.ReadLine());
        if (line.as_object().contains("method")) return OnNotification(line.at("params"));
        ASSERT_TRUE(line.as_object().contains("result")) << line;
        const auto [method, script] = pending_.at(line.at("id").to_number<unsigned>());
        pending_.erase(line.at("id").to_number<unsigned>());
        if (method == "unsubscribe") {
            known_.erase(script);
        } else if (method == "subscribe") {
            known_[script] = TextOf(line.at("result"));
            MovesForward(script, known_[script]);
        } else {
            const std::string status = StatusOfAnswer(line.at("result"));
            MovesForward(script, status);
        }
    }

    void OnNotification(const json::value& params) {
        const std::string script(params.at(0).as_string());
        const std::string status = TextOf(params.at(1));
        // An unsubscribe or subscribe that is under way may cross it; else it must be subscribed.
        bool crossing = false;
        for (const auto& [id, what] : pending_)
            crossing |= what.second == script && what.first != "get_history";
        ASSERT_TRUE(crossing || known_.contains(script)) << "before its subscribe answer";
        if (known_.contains(script)) {
            ASSERT_TRUE(crossing || known_[script] != status) << "the same status twice";
            known_[script] = status;
        }
        MovesForward(script, status);
    }

    /// Every status is one that was true, and none is older than what was seen before.
    void MovesForward(const std::string& script, const std::string& status) {
        const auto view = truth_.ViewOf(script, status);
        ASSERT_TRUE(view) << "a status that never was";
        ASSERT_GE(*view, newest_seen_[script]) << "back in time";
        newest_seen_[script] = *view;
    }

    TestClient client_;
    Truth& truth_;
    std::mt19937 random_;
    unsigned id_ = 0;
    std::map<unsigned, std::pair<std::string, std::string>> pending_;
    std::map<std::string, std::string> known_;  ///< subscribed scripts and their last status
    std::map<std::string, std::uint64_t> newest_seen_;
};

void RunRace(unsigned cold_percent, unsigned disk_delay_us) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    TestServer server;
    Truth truth;
    server.options.query_threads = 4;
    server.world.Cold().percent = cold_percent;
    server.world.Cold().disk_delay_us = disk_delay_us;
    for (unsigned n = 0; n < kScripts; ++n) truth.Note(ToDisplayHex(MakeScript(n)), "null", 0);
    server.Start();

    std::vector<std::thread> threads;
    std::vector<std::unique_ptr<Watcher>> watchers;
    for (unsigned n = 0; n < 6; ++n)
        watchers.push_back(std::make_unique<Watcher>(server, truth, seed + n));
    std::atomic<unsigned> running{6};
    for (const auto& watcher : watchers)
        threads.emplace_back([&] {
            watcher->Run(400);
            --running;
        });

    std::mt19937 random(seed);
    for (unsigned view = 1; running > 0; ++view) {
        std::vector<ScriptHash> touched;
        for (unsigned n = random() % 4; n > 0; --n) {
            const ScriptHash script = MakeScript(random() % kScripts);
            server.world.Add(script, MakeTxid(view * 10 + n), 0);
            truth.Note(ToDisplayHex(script), StatusText(server.world.Draft().history[script]),
                       view);
            touched.push_back(script);
        }
        if (random() % 4 == 0) server.world.Mine();
        server.Announce(touched);
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    }
    for (std::thread& thread : threads) thread.join();
    for (const auto& watcher : watchers) watcher->Settle();
}

TEST(Races, AllInMemory) { RunRace(0, 0); }
TEST(Races, HalfFromTheDisk) { RunRace(50, 100); }
TEST(Races, AllFromASlowDisk) { RunRace(100, 1000); }

}  // namespace
}  // namespace amber::test
