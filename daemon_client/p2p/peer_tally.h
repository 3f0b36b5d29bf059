#pragma once
#include <mutex>
#include <string>

#include "daemon_client/p2p/peer_set.h"

namespace amber::daemon_client {

/// What is counted of one address, over all its connections. Thread-safe.
class PeerTally {
public:
    explicit PeerTally(std::string label) { status_.label = std::move(label); }

    template <class Change>  // void(PeerSet::PeerStatus&)
    void Update(Change change) {
        std::lock_guard lock(mutex_);
        change(status_);
    }
    [[nodiscard]] PeerSet::PeerStatus Get() const {
        std::lock_guard lock(mutex_);
        return status_;
    }

private:
    mutable std::mutex mutex_;
    PeerSet::PeerStatus status_;  // guarded by mutex_
};

}  // namespace amber::daemon_client
