#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "daemon_client/block_fetcher.h"
#include "daemon_client/log_limit.h"
#include "daemon_client/node_options.h"
#include "daemon_client/rpc_client.h"
#include "daemon_client/worker_pool.h"
#include "index/chain/coin.h"
#include "index/ports/block_feed.h"

namespace amber::daemon_client {

/// Fetches, parses, hashes and checks blocks ahead of the thread that takes them.
///
/// A plan of slots, one per height from the next to be taken: first only the hash the node
/// announced, then fetched (several at a time), parsed (several at a time), ready. Trouble with a
/// block throws away its slot and all behind it; they are listed anew after a pause.
/// Invariant: what arrives for a slot that was thrown away finds no slot of its height and id, and
/// is dropped; so nothing of before a Restart() can mix with what comes after.
///
/// Bound: raw bytes of blocks fetched or being fetched stay within NodeOptions::prefetch_bytes, by
/// the average size of late; one answer per connection may exceed it. Parsed, a block takes about
/// twice its raw size.
/// Threads: thread-safe; the port's calls are meant for the sync thread. Parsing runs on threads
/// "amber-parse" of its own, the rest on the RpcClient's.
class Prefetcher final : public index::BlockFeed {
public:
    Prefetcher(const index::Coin& coin, const NodeOptions& options, RpcClient& client,
               BlockFetcher& fetcher);
    ~Prefetcher() override;

    [[nodiscard]] index::NodeResult<index::NodeTip> Tip() override;
    [[nodiscard]] index::NodeResult<std::vector<index::BlockHash>> Hashes(
        index::Height first, std::size_t count) override;
    void Restart(index::Height next) override;
    [[nodiscard]] std::vector<index::Block> Take(std::size_t max_bytes,
                                                 std::chrono::milliseconds wait) override;

    /// The node may have a new block: looks at once, and cuts short the wait of the Take() that is
    /// waiting, or of the next.
    void Wake();

    /// Take() returns nothing from now on. The RpcClient must be stopped, too, before this object
    /// is destroyed.
    void Stop();

private:
    struct Slot {
        enum class State { announced, fetching, ready };
        index::BlockHash hash;
        std::uint64_t id = 0;  ///< of the fetch that fills it; 0 while announced
        State state = State::announced;
        std::size_t bytes = 0;  ///< held against the budget: first a guess, then the raw size
        index::Block block;
    };
    using Actions = std::vector<std::function<void()>>;

    // With mutex_ held. What they return must be run without it.
    [[nodiscard]] Actions Plan();
    [[nodiscard]] bool NeedsListing() const;
    [[nodiscard]] std::function<void()> ListHashes();
    [[nodiscard]] std::function<void()> FetchRun(std::size_t first);
    [[nodiscard]] std::size_t RunLength(std::size_t first) const;
    /// The slot of that height, if it still waits for that fetch; else null.
    [[nodiscard]] Slot* Find(index::Height height, std::uint64_t id);
    void Truncate(std::size_t keep);
    void GrowPlan(std::vector<index::BlockHash> hashes);
    void Pause(const index::NodeError& error, std::chrono::milliseconds last_backoff);

    void PlanAndRun();
    void OnListed(std::uint64_t listing, index::NodeResult<RpcClient::Answer> answer);
    void OnFetched(std::uint64_t id, index::Height first, std::size_t count,
                   index::NodeResult<std::vector<index::Bytes>> blocks, std::uint64_t epoch);
    void Parse(std::uint64_t id, index::Height height, index::Bytes raw, std::uint64_t epoch);
    void ReportBadBlock(std::uint64_t id, index::Height height, const std::string& what,
                        std::uint64_t epoch);

    const index::Coin& coin_;
    const std::size_t budget_;
    const std::size_t max_in_flight_;  ///< fetches
    RpcClient& client_;
    BlockFetcher& fetcher_;

    std::mutex mutex_;  // guards all that follows but the pool
    std::condition_variable changed_;
    std::uint64_t last_id_ = 0;       ///< of a fetch or listing
    std::uint64_t first_id_ = 1;      ///< fetches before it were begun before the last Restart()
    index::Height next_;              ///< height of slots_[0]
    std::deque<Slot> slots_;          ///< announced ones last
    std::size_t announced_from_ = 0;  ///< index of the first announced slot
    std::size_t bytes_held_ = 0;
    std::size_t in_flight_ = 0;  ///< fetches since the last Restart()
    /// Bytes of each block to come. Large at first: one block at a time until it is known better.
    std::size_t size_guess_ = std::size_t{1} << 20;
    std::uint64_t listing_ = 0;  ///< id of the hash listing under way; 0: none
    bool look_ = true;           ///< the node may have more than we know of
    index::Height node_height_;  ///< as last listed
    bool paused_ = false;        ///< after trouble
    std::uint64_t pause_ = 0;    ///< counts the pauses, so that an old timer ends no new one
    std::chrono::milliseconds backoff_{};
    bool woken_ = false;
    bool stopped_ = false;
    LogLimit log_limit_;

    WorkerPool pool_;
};

}  // namespace amber::daemon_client
