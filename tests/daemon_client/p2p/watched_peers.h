#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon_client/p2p/peer_set.h"

namespace amber::daemon_client {

/// A set of peers on regtest and what it tells, for a test to wait for. Waits of more than 20
/// seconds throw std::runtime_error.
class WatchedPeers {
public:
    /// Starts at once. `on_ready` runs before the peer is seen here.
    explicit WatchedPeers(
        PeerSetOptions options, std::function<void(Peer&)> on_ready = [](Peer&) {});
    ~WatchedPeers() { set.Stop(); }

    /// The first that was ready and was not returned yet.
    std::shared_ptr<Peer> WaitReady();
    /// Likewise of those that are gone.
    PeerError WaitGone();
    std::vector<index::BlockHash> WaitAnnounced(std::size_t count);
    /// Until an attempt or a connection to the first address has ended so often.
    PeerSet::PeerStatus WaitEnds(std::uint64_t count);
    [[nodiscard]] std::size_t CountReady() const;
    [[nodiscard]] std::size_t CountGone() const;

    PeerSet set;

private:
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::vector<std::shared_ptr<Peer>> ready_;
    std::vector<PeerError> gone_;
    std::vector<index::BlockHash> announced_;
    std::size_t ready_taken_ = 0, gone_taken_ = 0;
};

/// With limits that a busy machine keeps, too, and no second try.
PeerSetOptions QuickOptions(std::vector<std::string> addresses);

PeerResult<std::vector<index::Bytes>> AskHeaders(Peer& peer, std::vector<index::BlockHash> locator);
PeerResult<Peer::Blocks> AskBlocks(Peer& peer, std::vector<index::BlockHash> hashes);

}  // namespace amber::daemon_client
