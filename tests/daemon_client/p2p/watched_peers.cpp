#include "tests/daemon_client/p2p/watched_peers.h"

#include <future>
#include <stdexcept>
#include <thread>

#include "tests/daemon_client/regtest.h"

namespace amber::daemon_client {

using namespace std::chrono_literals;

namespace {
constexpr auto kPatience = 20s;
}

WatchedPeers::WatchedPeers(PeerSetOptions options, std::function<void(Peer&)> on_ready)
    : set(Regtest(), std::move(options)) {
    set.Start({
        .on_ready =
            [this, on_ready = std::move(on_ready)](std::shared_ptr<Peer> peer) {
                {
                    std::lock_guard lock(mutex_);
                    ready_.push_back(peer);
                    changed_.notify_all();
                }
                on_ready(*peer);
            },
        .on_gone =
            [this](std::uint64_t, const PeerError& error) {
                std::lock_guard lock(mutex_);
                gone_.push_back(error);
                changed_.notify_all();
            },
        .on_blocks =
            [this](std::uint64_t, const std::vector<index::BlockHash>& hashes) {
                std::lock_guard lock(mutex_);
                announced_.insert(announced_.end(), hashes.begin(), hashes.end());
                changed_.notify_all();
            },
    });
}

std::shared_ptr<Peer> WatchedPeers::WaitReady() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return ready_.size() > ready_taken_; }))
        throw std::runtime_error("no peer is ready");
    return ready_[ready_taken_++];
}

PeerError WatchedPeers::WaitGone() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return gone_.size() > gone_taken_; }))
        throw std::runtime_error("no peer is gone");
    return gone_[gone_taken_++];
}

std::vector<index::BlockHash> WatchedPeers::WaitAnnounced(std::size_t count) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return announced_.size() >= count; }))
        throw std::runtime_error("no block was announced");
    return announced_;
}

PeerSet::PeerStatus WatchedPeers::WaitEnds(std::uint64_t count) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
        PeerSet::PeerStatus status = set.Status().front();
        std::uint64_t ends = 0;
        for (const auto& [kind, number] : status.ends) ends += number;
        if (ends >= count) return status;
        std::this_thread::sleep_for(2ms);
    }
    throw std::runtime_error("no connection ended");
}

std::size_t WatchedPeers::CountReady() const {
    std::lock_guard lock(mutex_);
    return ready_.size();
}

std::size_t WatchedPeers::CountGone() const {
    std::lock_guard lock(mutex_);
    return gone_.size();
}

PeerSetOptions QuickOptions(std::vector<std::string> addresses) {
    PeerSetOptions options;
    options.addresses = std::move(addresses);
    options.handshake_timeout = 3s;
    options.request_timeout = 3s;
    options.heartbeat = 60s;
    options.first_retry = 30s;
    options.last_retry = 30s;
    options.find_network = false;
    return options;
}

PeerResult<std::vector<index::Bytes>> AskHeaders(Peer& peer,
                                                 std::vector<index::BlockHash> locator) {
    std::promise<PeerResult<std::vector<index::Bytes>>> promise;
    peer.GetHeaders(std::move(locator), [&](auto result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
}

PeerResult<Peer::Blocks> AskBlocks(Peer& peer, std::vector<index::BlockHash> hashes) {
    std::promise<PeerResult<Peer::Blocks>> promise;
    peer.GetBlocks(std::move(hashes), [&](auto result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
}

}  // namespace amber::daemon_client
