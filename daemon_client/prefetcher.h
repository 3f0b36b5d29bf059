#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "daemon_client/block_fetcher.h"
#include "daemon_client/block_plan.h"
#include "daemon_client/log_limit.h"
#include "daemon_client/node_options.h"
#include "daemon_client/rpc_client.h"
#include "daemon_client/worker_pool.h"
#include "index/chain/coin.h"
#include "index/ports/block_feed.h"

namespace amber::daemon_client {

/// Fetches, parses, hashes and checks blocks ahead of the thread that takes them.
///
/// Works along a BlockPlan: several blocks are fetched at a time, and several parsed. Trouble with
/// a block throws away its slot and all behind it; they are listed anew after a pause.
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
    using Actions = std::vector<std::function<void()>>;

    // With mutex_ held. What they return must be run without it.
    [[nodiscard]] Actions Plan();
    [[nodiscard]] bool NeedsListing() const;
    [[nodiscard]] std::function<void()> ListHashes();
    [[nodiscard]] std::function<void()> FetchRun();
    [[nodiscard]] std::size_t RunLength() const;  ///< of the next fetch
    void Truncate(index::Height from);
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
    std::uint64_t last_id_ = 0;   ///< of a fetch or listing
    std::uint64_t first_id_ = 1;  ///< fetches before it were begun before the last Restart()
    BlockPlan plan_;              ///< announced ones last
    std::size_t in_flight_ = 0;   ///< fetches since the last Restart()
    std::uint64_t listing_ = 0;   ///< id of the hash listing under way; 0: none
    bool look_ = true;            ///< the node may have more than we know of
    index::Height node_height_;   ///< as last listed
    bool paused_ = false;         ///< after trouble
    std::uint64_t pause_ = 0;     ///< counts the pauses, so that an old timer ends no new one
    std::chrono::milliseconds backoff_{};
    bool woken_ = false;
    bool stopped_ = false;
    LogLimit log_limit_;

    WorkerPool pool_;
};

}  // namespace amber::daemon_client
