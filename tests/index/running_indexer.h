#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "index/indexer.h"
#include "tests/index/staged_node.h"

namespace amber::index {

/// An indexer on a thread of its own. What it announces is kept, and so are its views: destroy this
/// before the store.
class RunningIndexer {
public:
    RunningIndexer(const Coin& coin, store::Store& store, StagedNode& node, IndexerOptions options);
    ~RunningIndexer();

    /// Waits for a view; false after 20 s or when the indexer ended.
    [[nodiscard]] bool WaitFor(const std::function<bool(const View&)>& wanted);
    /// For a view of that tip, and until it is in the database, too: it is told before.
    [[nodiscard]] bool WaitForTip(const BlockHash& tip);
    /// Tells it of a new tip first, as ZMQ would.
    [[nodiscard]] bool FollowTo(const BlockHash& tip);
    void Tell(NodeEvent::Kind kind, const Txid& txid = {});
    /// The answer to a forced reorganisation; nothing after 20 s.
    [[nodiscard]] std::optional<std::string> ForceReorg(std::uint32_t count);

    [[nodiscard]] std::vector<std::shared_ptr<const Announcement>> Announcements() const;
    [[nodiscard]] std::size_t Synced() const;  ///< how often it said so
    /// Ends it; what it died of, or nothing.
    std::string Stop();
    /// Waits for its end; nothing after 20 s.
    [[nodiscard]] std::optional<std::string> Death();

    Indexer indexer;

private:
    void Note(const std::function<void()>& change);
    [[nodiscard]] bool IsWritten(const BlockHash& tip) const;

    const store::Store& store_;

    mutable std::mutex mutex_;  // guards what follows
    mutable std::condition_variable changed_;
    std::vector<std::shared_ptr<const Announcement>> announcements_;
    std::size_t synced_ = 0;
    std::optional<std::string> death_;
    std::thread thread_;
};

}  // namespace amber::index
