#include "daemon_client/p2p/block_window.h"

#include <algorithm>
#include <utility>

namespace amber::daemon_client {

using index::Block;
using index::BlockHash;
using index::Height;

namespace {

constexpr std::uint32_t kHashesAhead = 2000;
/// One is answered while the next waits at the peer's door.
constexpr std::size_t kRequestsMax = 2;
constexpr std::size_t kRunBlocksMax = 128;
constexpr std::size_t kRunBytesMin = 64 << 10;
constexpr std::size_t kRunBytesMax = 4 << 20;
constexpr std::chrono::duration<double> kRunTime(0.5);
/// An answer cannot have taken less: clocks and copies.
constexpr std::chrono::duration<double> kShortest(0.001);
constexpr std::size_t kLacksMax = 10'000;

Height HeightAfter(Height first, std::size_t count) {
    return {first.value + static_cast<std::uint32_t>(count)};
}

}  // namespace

// The chain and its taker

void BlockWindow::Restart(Height next) { plan_.Restart(next); }

void BlockWindow::Follow(const HeaderChain& chain) {
    for (Height height = plan_.First(); height < plan_.End(); height = Next(height)) {
        if (chain.HashAt(height) == plan_.HashAt(height)) continue;
        plan_.Truncate(height);
        break;
    }
    Extend(chain);
}

void BlockWindow::Extend(const HeaderChain& chain) {
    while (plan_.End().value - plan_.First().value < kHashesAhead) {
        const auto hash = chain.HashAt(plan_.End());
        if (!hash) break;
        plan_.Announce(*hash);
    }
}

std::vector<Block> BlockWindow::Take(std::size_t max_bytes, const HeaderChain& chain) {
    auto taken = plan_.Take(max_bytes);
    Extend(chain);
    return taken;
}

// The peers

void BlockWindow::RemovePeer(PeerId id) {
    for (auto sent = sent_.begin(); sent != sent_.end();) {
        const auto next = std::next(sent);
        if (sent->second.peer == id) End(sent->first);
        sent = next;
    }
    peers_.erase(id);
}

void BlockWindow::SetReach(PeerId id, std::optional<Height> reach) {
    if (const auto found = peers_.find(id); found != peers_.end()) found->second.reach = reach;
}

bool BlockWindow::Has(const PeerState& peer, Height height) const {
    return peer.reach && height <= *peer.reach && !peer.lacks.contains(plan_.HashAt(height));
}

bool BlockWindow::IsStuck() const {
    if (plan_.IsEmpty() || !plan_.IsAnnounced(plan_.First())) return false;
    return std::ranges::none_of(peers_,
                                [&](const auto& peer) { return Has(peer.second, plan_.First()); });
}

// Requests

std::vector<BlockWindow::Request> BlockWindow::Plan(Time now) {
    using Entry = std::pair<const PeerId, PeerState>;
    std::vector<Entry*> order;
    for (auto& entry : peers_) {
        PeerState& peer = entry.second;
        const bool stale = peer.lacks_since && now - *peer.lacks_since > options_.lacking;
        if (stale || peer.lacks.size() > kLacksMax) {
            peer.lacks.clear();
            peer.lacks_since.reset();
        }
        order.push_back(&entry);
    }
    // The quickest first, and nobody a second request before all have one.
    std::ranges::stable_sort(order, std::greater(),
                             [](const Entry* entry) { return entry->second.run_bytes; });
    std::vector<Request> requests;
    for (std::size_t round = 0; round < kRequestsMax; ++round) {
        for (Entry* entry : order) {
            if (entry->second.requests > round) continue;
            auto request = NextFor(entry->first, entry->second, now);
            if (!request && round == 0) request = TakeOver(entry->first, entry->second, now);
            if (request) requests.push_back(std::move(*request));
        }
    }
    return requests;
}

std::optional<BlockWindow::Request> BlockWindow::NextFor(PeerId id, PeerState& peer, Time now) {
    Height first = plan_.FirstAnnounced();
    while (first < plan_.End() && !(plan_.IsAnnounced(first) && Has(peer, first)))
        first = Next(first);
    if (first == plan_.End()) return std::nullopt;
    std::size_t count = 1;
    while (count < RunLength(peer) && HeightAfter(first, count) < plan_.End() &&
           plan_.IsAnnounced(HeightAfter(first, count)) && Has(peer, HeightAfter(first, count)))
        ++count;
    const std::size_t held = plan_.BytesHeld();
    const std::size_t room =
        held < options_.budget ? (options_.budget - held) / plan_.SizeGuess() : 0;
    count = std::min(count, room);
    // The block that is waited for may exceed the budget: else nothing would move.
    if (count == 0 && first == plan_.First()) count = 1;
    if (count == 0) return std::nullopt;
    return Send(id, peer, first, count, now);
}

std::optional<BlockWindow::Request> BlockWindow::TakeOver(PeerId id, PeerState& peer, Time now) {
    const Height first = plan_.First();
    if (plan_.IsEmpty() || !Has(peer, first)) return std::nullopt;
    const auto late = std::ranges::find_if(
        sent_, [&](const auto& sent) { return plan_.Waits(first, sent.first); });
    if (late == sent_.end() || now - late->second.asked < options_.patience) return std::nullopt;
    if (!late->second.taken_over) late->second.taken_over = now;
    peers_.at(late->second.peer).run_bytes = kRunBytesMin;
    std::size_t count = 1;
    while (count < RunLength(peer) && plan_.Waits(HeightAfter(first, count), late->first) &&
           Has(peer, HeightAfter(first, count)))
        ++count;
    return Send(id, peer, first, count, now);
}

std::size_t BlockWindow::RunLength(const PeerState& peer) const {
    return std::clamp(peer.run_bytes / plan_.SizeGuess(), std::size_t{1}, kRunBlocksMax);
}

BlockWindow::Request BlockWindow::Send(PeerId id, PeerState& peer, Height first, std::size_t count,
                                       Time now) {
    Request request{++last_id_, id, {}};
    for (std::size_t i = 0; i < count; ++i) {
        plan_.Claim(HeightAfter(first, i), request.id);
        request.hashes.push_back(plan_.HashAt(HeightAfter(first, i)));
    }
    ++peer.requests;
    sent_[request.id] = {id, first, request.hashes, now, std::nullopt};
    return request;
}

std::set<BlockWindow::PeerId> BlockWindow::Stalled(Time now) const {
    std::set<PeerId> stalled;
    for (const auto& [id, sent] : sent_)
        if (sent.taken_over && now - *sent.taken_over > options_.stall) stalled.insert(sent.peer);
    return stalled;
}

// Answers

std::vector<BlockWindow::Wanted> BlockWindow::OnBlocks(RequestId id,
                                                       const std::vector<Arrived>& arrived,
                                                       Time now) {
    const auto found = sent_.find(id);
    if (found == sent_.end()) return {};
    const Sent& sent = found->second;
    const auto peer = peers_.find(sent.peer);
    std::vector<Wanted> wanted;
    std::size_t bytes = 0, largest = 0;
    for (std::size_t i = 0; i < sent.hashes.size(); ++i) {
        const Height height = HeightAfter(sent.first, i);
        const auto block = std::ranges::find(arrived, sent.hashes[i], &Arrived::hash);
        if (block == arrived.end()) {
            plan_.GiveBack(height, id);
            peer->second.lacks.insert(sent.hashes[i]);
            if (!peer->second.lacks_since) peer->second.lacks_since = now;
            continue;
        }
        bytes += block->bytes;
        largest = std::max(largest, block->bytes);
        if (!plan_.Waits(height, id)) continue;
        plan_.NoteSize(height, id, block->bytes);
        wanted.push_back({static_cast<std::size_t>(block - arrived.begin()), height});
    }
    if (largest > 0) plan_.LearnSize(largest);
    NoteSpeed(peer->second, sent, bytes, now);
    Forget(found);
    return wanted;
}

void BlockWindow::NoteSpeed(PeerState& peer, const Sent& sent, std::size_t bytes, Time now) {
    const std::chrono::duration<double> took =
        now - std::max(sent.asked, std::exchange(peer.idle_since, now));
    if (bytes == 0) return;
    const double in_time = static_cast<double>(bytes) * kRunTime / std::max(took, kShortest);
    const double most = 2.0 * static_cast<double>(peer.run_bytes);
    peer.run_bytes =
        std::clamp(static_cast<std::size_t>(std::min(in_time, most)), kRunBytesMin, kRunBytesMax);
}

void BlockWindow::OnFailed(RequestId id) { End(id); }

void BlockWindow::End(RequestId id) {
    const auto found = sent_.find(id);
    if (found == sent_.end()) return;
    for (std::size_t i = 0; i < found->second.hashes.size(); ++i)
        plan_.GiveBack(HeightAfter(found->second.first, i), id);
    Forget(found);
}

void BlockWindow::Forget(std::map<RequestId, Sent>::iterator sent) {
    --peers_.at(sent->second.peer).requests;
    sent_.erase(sent);
}

void BlockWindow::Fill(RequestId id, Height height, Block block) {
    plan_.Fill(height, id, std::move(block));
}

bool BlockWindow::Refuse(RequestId id, Height height) {
    if (!plan_.Waits(height, id)) return false;
    plan_.GiveBack(height, id);
    return true;
}

}  // namespace amber::daemon_client
