#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon_client/p2p/block_window.h"
#include "daemon_client/p2p/chain_size.h"
#include "daemon_client/p2p/header_chain.h"
#include "daemon_client/p2p/header_sync.h"
#include "daemon_client/p2p/peer.h"
#include "daemon_client/p2p/peer_bench.h"
#include "daemon_client/worker_pool.h"
#include "index/chain/coin.h"
#include "index/ports/block_feed.h"
#include "index/ports/node_events.h"

namespace amber::daemon_client {

struct PeerFeedOptions {
    BlockWindowOptions window;
    unsigned parse_threads = 0;  ///< 0: one per processor
    /// Tip() waits so long for what is still to be learned; then it is an error.
    std::chrono::milliseconds tip_wait{1000};
    std::chrono::milliseconds sample_wait{10000};  ///< for blocks that show how large they are
    std::chrono::milliseconds tick{250};           ///< between looks at what takes too long
    std::chrono::milliseconds look{10000};         ///< peers are asked for headers so often anyway
    /// A chain whose next block no peer has is given up for another after so long.
    std::chrono::milliseconds stuck{30000};
    std::chrono::milliseconds first_rest{1000};  ///< for a peer that misbehaved, doubling
    std::chrono::milliseconds last_rest{120000};
};

/// Follows the chain of most work that peers have, and fetches, parses and checks its blocks ahead
/// of the thread that takes them.
///
/// A chain that was chosen stays so until a peer has one of more work, also while no peer is there.
/// A peer that sends what is wrong, or nothing in time, is dropped and not used for a while.
/// The node validates blocks, not we: a header's proof of work is all that speaks for it, so peers
/// are to be trusted about as far as a node is.
///
/// Bounds: see BlockWindow and HeaderChain.
/// Threads: thread-safe; the port's calls are meant for the sync thread. Parsing runs on threads
/// "amber-parse" of its own, the rest on the peers' and the caller's.
class PeerFeed final : public index::BlockFeed {
public:
    /// Runs a task on the peers' thread after a delay.
    using After = std::function<void(std::chrono::milliseconds, std::function<void()>)>;

    /// `sink` hears of new tips, after Take() was woken for them. `coin` must outlive it.
    PeerFeed(const index::Coin& coin, PeerFeedOptions options, After after,
             index::NodeEventSink sink);
    ~PeerFeed() override;

    /// What it wants to hear of its peers.
    [[nodiscard]] PeerEvents Events();
    void Start();
    /// Take() returns nothing from now on. The peers must be stopped, too, before this object is
    /// destroyed.
    void Stop();

    [[nodiscard]] index::NodeResult<index::NodeTip> Tip() override;
    [[nodiscard]] index::NodeResult<std::vector<index::BlockHash>> Hashes(
        index::Height first, std::size_t count) override;
    void Restart(index::Height next) override;
    [[nodiscard]] std::vector<index::Block> Take(std::size_t max_bytes,
                                                 std::chrono::milliseconds wait) override;

    /// There may be a new block: asks the peers, and cuts short the wait of the Take() that is
    /// waiting, or of the next.
    void Wake();

    /// Of a peer that is ready and not resting; nothing if there is none in time.
    [[nodiscard]] std::optional<std::string> WaitForPeer(std::chrono::milliseconds wait);

private:
    using Time = std::chrono::steady_clock::time_point;
    using Actions = std::vector<std::function<void()>>;
    using PeerPtr = std::shared_ptr<Peer>;

    void OnReady(PeerPtr peer);
    void OnGone(std::uint64_t id);
    void OnAnnounced(std::uint64_t id, const std::vector<index::BlockHash>& hashes);
    void OnHeaders(std::uint64_t id, const PeerResult<std::vector<index::Bytes>>& headers);
    void OnBlocks(std::uint64_t id, std::uint64_t request, PeerResult<Peer::Blocks> blocks);
    void Check(std::uint64_t id, std::uint64_t request, index::Height height,
               const index::BlockHash& hash, index::Bytes raw);
    void OnSamples(std::size_t asked, const PeerResult<Peer::Blocks>& blocks);
    void Tick();
    void Schedule();
    void PlanAndRun();

    // With mutex_ held. What they return must be run without it.
    [[nodiscard]] Actions Plan();
    [[nodiscard]] std::function<void()> AskHeaders(HeaderSync::Ask ask);
    [[nodiscard]] std::function<void()> AskBlocks(BlockWindow::Request request);
    [[nodiscard]] Actions AskSamples();
    /// No effect if it is not there any more.
    [[nodiscard]] Actions SendAway(std::uint64_t id, PeerError why);

    // With mutex_ held.
    [[nodiscard]] PeerError Blame(std::uint64_t id, PeerError::Kind kind,
                                  const std::string& what) const;
    void Enlist(const PeerPtr& peer);
    void Forget(std::uint64_t id);
    /// True if another was chosen.
    [[nodiscard]] bool ChooseChain(Time now);
    [[nodiscard]] bool KnowsSize() const;
    void Choose(const index::BlockHash& tip);
    void SetReach(std::uint64_t id);

    const index::Coin& coin_;
    const PeerFeedOptions options_;
    const After after_;
    const index::NodeEventSink sink_;

    std::mutex mutex_;  // guards all that follows but the pool
    std::condition_variable changed_;
    HeaderChain headers_;
    HeaderSync sync_{headers_};
    BlockWindow window_;
    PeerBench bench_;
    std::map<std::uint64_t, PeerPtr> peers_;    ///< in use
    std::map<std::uint64_t, PeerPtr> resting_;  ///< connected, but on the bench
    ChainSize chain_size_;
    Time sampled_;  ///< when blocks were asked for to measure them
    Time looked_;   ///< when peers were last asked for headers anyway
    std::optional<Time> stuck_since_;
    std::uint32_t headers_logged_ = 0;
    bool taking_ = false;  ///< somebody wants blocks
    bool woken_ = false;
    bool stopped_ = false;

    WorkerPool pool_;
};

}  // namespace amber::daemon_client
