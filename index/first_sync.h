#pragma once
#include <chrono>
#include <functional>
#include <optional>

#include "index/bulk/bulk_builder.h"
#include "index/indexer.h"
#include "index/sync_inbox.h"

namespace amber::index {

/// The part of a first sync that is built in bulk: all but the blocks that can still be undone, if
/// they are many. Thread: sync thread only. All references are borrowed.
class FirstSync {
public:
    FirstSync(const Coin& coin, store::Store& store, BlockFeed& feed, const IndexerOptions& options)
        : coin_(coin), store_(store), feed_(feed), options_(options) {}

    /// Hears of every step; the mail is what came in meanwhile.
    struct Listener {
        std::function<SyncInbox::Contents(std::chrono::milliseconds wait)> take_mail;
        std::function<bool()> stopping;
        std::function<void(const NodeTip& node, const std::optional<Tip>& tip,
                           std::uint64_t bytes_done, double tables_share)>
            moved;  ///< at least once before `writing`; tables_share: IndexerStatus::Tables
        std::function<void(double part)> writing;  ///< the tables
    };
    /// Returns when the rest is for the block processor, or on a stop; then what was done is saved.
    /// Precondition: the store is empty. Throws FatalError, StoreError.
    void Run(const Listener& listener);

private:
    enum class Step { again, wait, done };
    enum class Worth { yes, not_yet, no };
    Step TakeStep(const NodeTip& node, const Listener& listener);
    Step WaitForBlocks(const NodeTip& node, const Listener& listener);
    [[nodiscard]] Worth IsWorthIt(const NodeTip& node) const;
    /// Blocks below this height are the builder's.
    [[nodiscard]] Height EndFor(const NodeTip& node) const;
    void MeetNodeChain();
    void Finish(const Listener& listener);
    [[nodiscard]] double TablesShare() const;

    const Coin& coin_;
    store::Store& store_;
    BlockFeed& feed_;
    const IndexerOptions& options_;
    std::optional<bulk::BulkBuilder> builder_;
    bool waiting_said_ = false;
    bool met_ = false;  ///< the builder's tip is on the node's chain, as far as we know
    std::uint64_t bytes_done_ = 0;
    std::chrono::steady_clock::time_point reading_since_;
    std::chrono::nanoseconds reading_cpu_{0};  ///< of the process, before
    std::chrono::duration<double> adding_{0};  ///< of that time, what the builder took
};

}  // namespace amber::index
