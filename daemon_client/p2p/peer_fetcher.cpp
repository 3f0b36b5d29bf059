#include "daemon_client/p2p/peer_fetcher.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace amber::daemon_client {

using index::BlockHash;
using index::Bytes;
using Kind = PeerError::Kind;
using std::chrono::steady_clock;

void PeerFetcher::OnReady(std::shared_ptr<Peer> peer) {
    const std::lock_guard lock(mutex_);
    if (!stopped_) peers_[peer->GetFacts().id] = std::move(peer);
}

void PeerFetcher::OnGone(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    peers_.erase(id);
}

void PeerFetcher::Stop() {
    std::map<std::uint64_t, Pending> pending;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        peers_.clear();
        pending.swap(pending_);
    }
    for (const auto& [number, waiting] : pending)
        waiting.request->done(PeerError{Kind::stopped, "shutting down"});
}

void PeerFetcher::Fetch(std::vector<BlockHash> hashes, Done done) {
    Ask(std::make_shared<Request>(Request{.hashes = std::move(hashes),
                                          .done = std::move(done),
                                          .asked = {},
                                          .why = {Kind::unreachable, "no peer is connected"}}));
}

std::shared_ptr<Peer> PeerFetcher::Choose(const Request& request) const {
    std::map<std::uint64_t, std::size_t> busy;
    for (const auto& [number, pending] : pending_) ++busy[pending.peer];
    std::shared_ptr<Peer> best;
    std::size_t fewest = 0;
    const auto now = steady_clock::now();
    for (const auto& [id, peer] : peers_) {
        if (request.asked.contains(id) || bench_.Has(peer->GetFacts().label, now)) continue;
        if (best && busy[id] >= fewest) continue;
        best = peer;
        fewest = busy[id];
    }
    return best;
}

void PeerFetcher::Ask(const RequestPtr& request) {
    std::shared_ptr<Peer> peer;
    std::uint64_t number = 0;
    bool stopped = false;
    {
        const std::lock_guard lock(mutex_);
        stopped = stopped_;
        peer = Choose(*request);
        if (peer) {
            number = ++last_number_;
            request->asked.insert(peer->GetFacts().id);
            pending_[number] = {request, peer->GetFacts().id};
        }
    }
    if (stopped) return request->done(PeerError{Kind::stopped, "shutting down"});
    if (!peer) return request->done(request->why);
    peer->GetBlocks(request->hashes, [this, number](PeerResult<Peer::Blocks> blocks) {
        OnAnswer(number, std::move(blocks));
    });
}

void PeerFetcher::OnAnswer(std::uint64_t number, PeerResult<Peer::Blocks> blocks) {
    Pending pending;
    std::vector<RequestPtr> others;
    {
        const std::lock_guard lock(mutex_);
        const auto found = pending_.find(number);
        if (found == pending_.end()) return;  // it was asked of another meanwhile, or all is over
        pending = std::move(found->second);
        pending_.erase(found);
        const auto peer = peers_.find(pending.peer);
        if (blocks.has_error() && blocks.error().kind == Kind::timeout && peer != peers_.end()) {
            bench_.Send(peer->second->GetFacts().label, steady_clock::now());
            others = TakeFrom(pending.peer);
        }
    }
    for (const RequestPtr& other : others) Ask(other);
    Request& request = *pending.request;
    PeerResult<std::vector<Bytes>> answer = blocks.has_error()
                                                ? PeerResult<std::vector<Bytes>>(blocks.error())
                                                : InOrder(request.hashes, std::move(*blocks));
    if (answer.has_value()) return request.done(std::move(answer));
    request.why = answer.error();
    Ask(pending.request);
}

std::vector<PeerFetcher::RequestPtr> PeerFetcher::TakeFrom(std::uint64_t peer) {
    std::vector<RequestPtr> taken;
    std::erase_if(pending_, [&](const auto& entry) {
        if (entry.second.peer != peer) return false;
        taken.push_back(entry.second.request);
        return true;
    });
    return taken;
}

PeerResult<std::vector<Bytes>> PeerFetcher::InOrder(const std::vector<BlockHash>& hashes,
                                                    Peer::Blocks blocks) const {
    std::unordered_map<BlockHash, Bytes> by_hash;
    for (Bytes& raw : blocks.raw) {
        const auto header = coin_.codec->HeaderSize(raw);
        if (header)
            by_hash[coin_.codec->HashHeader(index::ByteView(raw).first(*header))] = std::move(raw);
    }
    std::vector<Bytes> ordered;
    for (const BlockHash& hash : hashes) {
        const auto found = by_hash.find(hash);
        if (found == by_hash.end())
            return PeerError{Kind::missing, "no peer has block " + ToDisplayHex(hash)};
        ordered.push_back(std::move(found->second));
    }
    return ordered;
}

}  // namespace amber::daemon_client
