#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon_client/p2p/peer_fetcher.h"
#include "daemon_client/p2p/peer_set.h"

namespace amber::daemon_client {

/// Peers that blocks are asked of where the node offers nothing better than JSON-RPC. Connects to
/// nobody before it is asked for a block. What is asked for before the first peer is there waits
/// until each address was tried, at most as long as a handshake may take.
/// Bound: what waits is bounded by who asks. Thread-safe; owns the peers' thread.
class SparePeers {
public:
    /// Throws std::invalid_argument for a malformed address. `coin` must outlive it.
    SparePeers(const index::Coin& coin, PeerSetOptions options);
    ~SparePeers();

    void Stop();  ///< Every request gets Kind::stopped from now on. Idempotent.

    /// As PeerFetcher::Fetch().
    void Fetch(std::vector<index::BlockHash> hashes, PeerFetcher::Done done);

    /// Empty before the first request.
    [[nodiscard]] std::vector<PeerSet::PeerStatus> Status() const;
    /// Why a request failed with `error`: of an address that cannot be used, rather why that is.
    [[nodiscard]] std::string Trouble(const PeerError& error) const;

private:
    struct Waiting {
        std::vector<index::BlockHash> hashes;
        PeerFetcher::Done done;
    };

    void Start();
    /// Whether a peer is there, or none is to be expected.
    [[nodiscard]] bool IsSettled() const;
    void SettleSoon();
    void Settle();

    const std::chrono::milliseconds handshake_timeout_;
    PeerSet set_;
    PeerFetcher fetcher_;

    mutable std::mutex mutex_;  // guards what follows; not held while a handler runs
    bool started_ = false, settled_ = false, stopped_ = false;
    std::chrono::steady_clock::time_point settle_by_;
    std::vector<Waiting> waiting_;
};

}  // namespace amber::daemon_client
