#include "daemon_client/p2p/spare_peers.h"

#include <algorithm>
#include <utility>

namespace amber::daemon_client {

using std::chrono::steady_clock;

namespace {
constexpr std::chrono::milliseconds kLookAgain(20);
}  // namespace

SparePeers::SparePeers(const index::Coin& coin, PeerSetOptions options)
    : handshake_timeout_(options.handshake_timeout),
      set_(coin, std::move(options)),
      fetcher_(coin) {}

SparePeers::~SparePeers() { Stop(); }

void SparePeers::Stop() {
    std::vector<Waiting> waiting;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        waiting.swap(waiting_);
    }
    for (const Waiting& request : waiting)
        request.done(PeerError{PeerError::Kind::stopped, "shutting down"});
    fetcher_.Stop();
    set_.Stop();
}

void SparePeers::Fetch(std::vector<index::BlockHash> hashes, PeerFetcher::Done done) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        if (!settled_ && !stopped_) {
            waiting_.push_back({std::move(hashes), std::move(done)});
            first = !std::exchange(started_, true);
            if (first) settle_by_ = steady_clock::now() + handshake_timeout_;
        }
    }
    if (first) return Start();
    if (done) fetcher_.Fetch(std::move(hashes), std::move(done));
}

void SparePeers::Start() {
    set_.Start({.on_ready =
                    [this](std::shared_ptr<Peer> peer) {
                        fetcher_.OnReady(std::move(peer));
                        Settle();
                    },
                .on_gone = [this](std::uint64_t id, const PeerError&) { fetcher_.OnGone(id); },
                .on_blocks = {}});
    SettleSoon();
}

void SparePeers::SettleSoon() {
    set_.After(kLookAgain, [this] {
        if (IsSettled())
            Settle();
        else
            SettleSoon();
    });
}

bool SparePeers::IsSettled() const {
    {
        const std::lock_guard lock(mutex_);
        if (settled_ || steady_clock::now() >= settle_by_) return true;
    }
    return std::ranges::all_of(set_.Status(), [](const PeerSet::PeerStatus& peer) {
        return peer.ready || peer.handshake_failures > 0;
    });
}

void SparePeers::Settle() {
    std::vector<Waiting> waiting;
    {
        const std::lock_guard lock(mutex_);
        settled_ = true;
        waiting.swap(waiting_);
    }
    for (Waiting& request : waiting)
        fetcher_.Fetch(std::move(request.hashes), std::move(request.done));
}

std::vector<PeerSet::PeerStatus> SparePeers::Status() const {
    {
        const std::lock_guard lock(mutex_);
        if (!started_) return {};
    }
    return set_.Status();
}

std::string SparePeers::Trouble(const PeerError& error) const {
    if (error.kind != PeerError::Kind::unreachable) return error.message;
    for (const PeerSet::PeerStatus& peer : Status())
        if (!peer.ready && !peer.last_error.empty()) return peer.last_error;
    return error.message;
}

}  // namespace amber::daemon_client
