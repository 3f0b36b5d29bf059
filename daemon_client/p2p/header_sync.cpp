#include "daemon_client/p2p/header_sync.h"

#include <algorithm>

namespace amber::daemon_client {

using index::BlockHash;

namespace {

/// An answer of so many headers was cut: there are more.
constexpr std::size_t kHeadersMax = 2000;
/// More than a chain can give that ends with a block of the locator: a node that is still syncing
/// answers so, whatever it is asked.
constexpr unsigned kEmptyMax = 12;

}  // namespace

void HeaderSync::OnAnnounced(PeerId id, std::span<const BlockHash> hashes) {
    const auto found = peers_.find(id);
    if (found == peers_.end()) return;
    State& state = found->second;
    for (const BlockHash& hash : hashes) {
        if (!chain_.Has(hash))
            state.look = true;
        else if (!state.tip || chain_.WorkOf(hash) > chain_.WorkOf(*state.tip))
            state.tip = hash;
    }
}

void HeaderSync::Look(PeerId id) {
    if (const auto found = peers_.find(id); found != peers_.end()) found->second.look = true;
}

void HeaderSync::LookAtAll() {
    for (auto& [id, state] : peers_) state.look = true;
}

std::vector<HeaderSync::Ask> HeaderSync::Plan(Time now) {
    std::vector<Ask> asks;
    if (complete_) {
        for (auto& [id, state] : peers_)
            if (state.look && !state.asked) asks.push_back(AskOf(id, state, now));
        return asks;
    }
    auto quickest = peers_.end();
    bool finished = false;
    for (auto peer = peers_.begin(); peer != peers_.end(); ++peer) {
        const State& state = peer->second;
        if (state.asked) return asks;
        finished |= state.finished;
        if (!state.look) continue;
        if (quickest == peers_.end() || state.took < quickest->second.took) quickest = peer;
    }
    if (quickest != peers_.end())
        asks.push_back(AskOf(quickest->first, quickest->second, now));
    else
        complete_ = finished;
    return asks;
}

HeaderSync::Ask HeaderSync::AskOf(PeerId id, State& state, Time now) {
    state.look = false;
    state.asked = true;
    state.since = now;
    // Afresh, too, if its branch was trimmed away, or if others have brought us further.
    const bool overtaken =
        state.base && state.more && chain_.ForkWith(*state.base) == chain_.HeightOf(*state.base);
    if (!state.base || !chain_.Has(*state.base) || overtaken)
        state.base = chain_.Before(chain_.Tip());
    return {id, chain_.Locator(*state.base)};
}

boost::system::result<void, BadHeader> HeaderSync::OnHeaders(PeerId id,
                                                             std::span<const index::Bytes> headers,
                                                             Time now) {
    const auto found = peers_.find(id);
    if (found == peers_.end() || !found->second.asked) return {};
    State& state = found->second;
    state.asked = false;
    state.took = now - state.since;
    if (headers.empty()) {
        OnEmpty(state);
        return {};
    }
    const auto last = chain_.Add(headers);
    if (last.has_error()) return last.error();
    state.tip = *last;
    state.empty = 0;
    state.more = headers.size() >= kHeadersMax;
    if (state.more) {
        state.base = *last;
        state.look = true;
    } else {
        state.base.reset();
        state.finished = true;
    }
    return {};
}

/// Its chain ends with one of the blocks of the locator. Which one is plain if it told of its tip
/// before, or if there was only one.
void HeaderSync::OnEmpty(State& state) {
    const BlockHash genesis = *chain_.HashAt({0});
    state.more = false;
    if (state.base && state.base != state.tip && *state.base != genesis) {
        const bool go_down = ++state.empty < kEmptyMax && chain_.Has(*state.base);
        state.base = go_down ? chain_.Before(*state.base) : genesis;
        state.look = true;
        return;
    }
    if (!state.tip) state.tip = genesis;
    state.base.reset();
    state.empty = 0;
    state.finished = true;
}

void HeaderSync::OnFailed(PeerId id) {
    const auto found = peers_.find(id);
    if (found == peers_.end()) return;
    found->second.asked = false;
    found->second.look = true;
}

bool HeaderSync::HasMore() const {
    return std::ranges::any_of(peers_, [](const auto& peer) { return peer.second.more; });
}

std::optional<BlockHash> HeaderSync::TipOf(PeerId id) const {
    const auto found = peers_.find(id);
    return found == peers_.end() ? std::nullopt : found->second.tip;
}

std::optional<BlockHash> HeaderSync::BestTip() const {
    std::optional<BlockHash> best;
    for (const auto& [id, state] : peers_)
        if (state.tip && chain_.WorkOf(*state.tip) > (best ? chain_.WorkOf(*best) : 0))
            best = state.tip;
    return best;
}

}  // namespace amber::daemon_client
