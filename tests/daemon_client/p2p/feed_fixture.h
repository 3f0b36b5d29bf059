#pragma once
#include <atomic>
#include <vector>

#include "daemon_client/p2p/peer_feed.h"
#include "tests/daemon_client/p2p/fake_peer.h"
#include "tests/daemon_client/regtest.h"

namespace amber::daemon_client {

/// Pauses that suit a test.
inline PeerFeedOptions QuickFeed() {
    PeerFeedOptions options;
    options.window.patience = std::chrono::milliseconds(60);
    options.window.stall = std::chrono::milliseconds(300);
    options.window.lacking = std::chrono::milliseconds(100);
    options.parse_threads = 2;
    options.tip_wait = std::chrono::milliseconds(20);
    options.sample_wait = std::chrono::milliseconds(500);
    options.tick = std::chrono::milliseconds(10);
    options.look = std::chrono::milliseconds(100);
    options.stuck = std::chrono::milliseconds(150);
    options.first_rest = std::chrono::milliseconds(50);
    options.last_rest = std::chrono::milliseconds(200);
    return options;
}

/// A feed that is started, on a network without peers so far.
struct FeedFixture {
    explicit FeedFixture(PeerFeedOptions options = QuickFeed())
        : feed(
              Regtest(), options,
              [this](std::chrono::milliseconds delay, std::function<void()> task) {
                  network.After(delay, std::move(task));
              },
              [this](const index::NodeEvent&) { ++tips_told; }) {
        network.Start(feed.Events());
        feed.Start();
    }
    ~FeedFixture() {
        feed.Stop();
        network.Stop();
    }

    /// Until `count` blocks were taken, or for as long as a busy machine may need.
    std::vector<index::Block> TakeUntil(
        std::size_t count, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        std::vector<index::Block> all;
        const auto end = std::chrono::steady_clock::now() + limit;
        while (all.size() < count && std::chrono::steady_clock::now() < end)
            for (auto& block : feed.Take(std::size_t{1} << 30, std::chrono::milliseconds(100)))
                all.push_back(std::move(block));
        return all;
    }

    std::atomic<int> tips_told = 0;
    FakeNetwork network;
    PeerFeed feed;
};

}  // namespace amber::daemon_client
