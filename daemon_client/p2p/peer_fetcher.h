#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "daemon_client/p2p/peer.h"
#include "daemon_client/p2p/peer_bench.h"
#include "index/chain/coin.h"

namespace amber::daemon_client {

/// Blocks by hash, from whichever peer has them: for those who know which blocks they want. No
/// chain is followed here (peer_feed.h does that), and a block is checked no further than by the
/// hash of its header.
/// Of the peers the one with the fewest requests is asked; if it fails or lacks a block, another,
/// until all were asked. A peer that did not answer in time rests, and what else it was asked for
/// is asked of others at once. Bound: what the peers take (Peer); more is answered
/// Kind::overloaded. Thread-safe.
class PeerFetcher {
public:
    using milliseconds = std::chrono::milliseconds;

    explicit PeerFetcher(const index::Coin& coin, milliseconds first_rest = milliseconds(60'000),
                         milliseconds last_rest = milliseconds(3'600'000))
        : coin_(coin), bench_(first_rest, last_rest) {}

    void OnReady(std::shared_ptr<Peer> peer);
    /// To be called after the peer's requests were answered.
    void OnGone(std::uint64_t id);
    /// Every request gets Kind::stopped from now on.
    void Stop();

    /// `done` runs exactly once, on the peers' thread or at once on the caller's: the blocks in the
    /// order asked, each once. Kind::missing if no peer has one of them, Kind::unreachable if there
    /// is none.
    using Done = std::function<void(PeerResult<std::vector<index::Bytes>>)>;
    void Fetch(std::vector<index::BlockHash> hashes, Done done);

private:
    struct Request {
        std::vector<index::BlockHash> hashes;
        Done done;
        std::set<std::uint64_t> asked;  ///< peers
        PeerError why;                  ///< the last of them did not answer
    };
    using RequestPtr = std::shared_ptr<Request>;
    struct Pending {
        RequestPtr request;
        std::uint64_t peer = 0;
    };

    void Ask(const RequestPtr& request);
    void OnAnswer(std::uint64_t number, PeerResult<Peer::Blocks> blocks);
    /// With mutex_ held: the peer to be asked next; null if all were.
    [[nodiscard]] std::shared_ptr<Peer> Choose(const Request& request) const;
    /// With mutex_ held: what waits for this peer is to be asked of others.
    [[nodiscard]] std::vector<RequestPtr> TakeFrom(std::uint64_t peer);
    [[nodiscard]] PeerResult<std::vector<index::Bytes>> InOrder(
        const std::vector<index::BlockHash>& hashes, Peer::Blocks blocks) const;

    const index::Coin& coin_;

    std::mutex mutex_;  // guards what follows; not held while a handler runs
    std::map<std::uint64_t, std::shared_ptr<Peer>> peers_;
    PeerBench bench_;
    std::map<std::uint64_t, Pending> pending_;  ///< by number
    std::uint64_t last_number_ = 0;
    bool stopped_ = false;
};

}  // namespace amber::daemon_client
