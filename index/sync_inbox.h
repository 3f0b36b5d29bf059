#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "index/ports/node_events.h"

namespace amber::index {

/// What others want of the sync thread. Posting is thread-safe and never blocks; the sync thread
/// takes everything at once. Bounded: past kTxEventsMax transactions, single events give way to one
/// request to list the whole mempool.
class SyncInbox {
public:
    struct ReorgRequest {
        std::uint32_t count = 0;
        std::function<void(std::string error)> done;
    };
    struct Contents {
        bool tip_changed = false;
        bool mempool_changed = false;
        std::vector<Txid> added, removed;
        std::vector<ReorgRequest> reorgs;
    };

    void Post(const NodeEvent& event);
    void Post(ReorgRequest request);
    /// From now on Stopping() is true and Wait() returns at once.
    void Stop();
    [[nodiscard]] bool Stopping() const;

    /// Empties the inbox, waiting at most `wait` for something to come in.
    [[nodiscard]] Contents Take(std::chrono::milliseconds wait);

private:
    static constexpr std::size_t kTxEventsMax = 10'000;
    [[nodiscard]] bool HasMail() const;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Contents contents_;
    bool stopping_ = false;
};

}  // namespace amber::index
