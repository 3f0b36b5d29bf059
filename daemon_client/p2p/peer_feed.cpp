#include "daemon_client/p2p/peer_feed.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "daemon_client/block_check.h"

namespace amber::daemon_client {

using index::Block;
using index::BlockHash;
using index::Bytes;
using index::Height;
using index::NodeError;
using index::NodeEvent;
using index::NodeResult;
using index::NodeTip;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::uint32_t kHeadersPerLine = 100'000;

NodeError NoHeaders(bool has_peers) {
    return {NodeError::Kind::unreachable, 0,
            has_peers ? "peers are still telling their headers" : "no peer is connected yet"};
}

NodeError Stopped() { return {NodeError::Kind::stopped, 0, "shutting down"}; }

/// It did not answer as it should, but is still connected.
bool LeavesConnection(const PeerError& error) {
    return error.kind == PeerError::Kind::timeout || error.kind == PeerError::Kind::missing ||
           error.kind == PeerError::Kind::overloaded ||
           error.kind == PeerError::Kind::wrong_network;
}

}  // namespace

PeerFeed::PeerFeed(const index::Coin& coin, PeerFeedOptions options, After after,
                   index::NodeEventSink sink)
    : coin_(coin),
      options_(std::move(options)),
      after_(std::move(after)),
      sink_(std::move(sink)),
      headers_(coin),
      window_(options_.window),
      bench_(options_.first_rest, options_.last_rest),
      pool_(options_.parse_threads != 0 ? options_.parse_threads
                                        : std::max(1u, std::thread::hardware_concurrency()),
            "amber-parse") {}

PeerFeed::~PeerFeed() { Stop(); }

PeerEvents PeerFeed::Events() {
    return {.on_ready = [this](PeerPtr peer) { OnReady(std::move(peer)); },
            .on_gone = [this](std::uint64_t id, const PeerError&) { OnGone(id); },
            .on_blocks = [this](std::uint64_t id,
                                const std::vector<BlockHash>& hashes) { OnAnnounced(id, hashes); }};
}

void PeerFeed::Start() {
    {
        const std::lock_guard lock(mutex_);
        looked_ = steady_clock::now();
    }
    Schedule();
}

void PeerFeed::Stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        peers_.clear();
        resting_.clear();
    }
    changed_.notify_all();
    pool_.Stop();
}

// The port

NodeResult<NodeTip> PeerFeed::Tip() {
    const auto deadline = steady_clock::now() + options_.tip_wait;
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [&] { return sync_.IsComplete() || stopped_; });
    if (stopped_) return Stopped();
    if (!sync_.IsComplete()) return NoHeaders(!peers_.empty());
    // Who asks before it takes blocks wants to know what is to come.
    if (!taking_ && !chain_size_.HasBegun()) {
        sampled_ = steady_clock::now();
        const Actions samples = AskSamples();
        lock.unlock();
        for (const auto& action : samples) action();
        lock.lock();
    }
    changed_.wait_until(lock, deadline, [&] { return KnowsSize() || stopped_; });
    if (stopped_) return Stopped();
    if (!KnowsSize()) return NoHeaders(!peers_.empty());
    // A taker beyond our tip has seen more: it is to wait for the peers to come so far.
    const bool behind = window_.NextHeight().value > headers_.TipHeight().value + 1;
    return NodeTip{.height = headers_.TipHeight(),
                   .hash = headers_.Tip(),
                   .best_header = headers_.TipHeight(),
                   .initial_download = behind || sync_.HasMore(),
                   .block_bytes = chain_size_.Bytes()};
}

NodeResult<std::vector<BlockHash>> PeerFeed::Hashes(Height first, std::size_t count) {
    const std::lock_guard lock(mutex_);
    if (stopped_) return Stopped();
    if (!sync_.IsComplete()) return NoHeaders(!peers_.empty());
    std::vector<BlockHash> hashes;
    for (Height height = first; hashes.size() < count; height = Next(height)) {
        const auto hash = headers_.HashAt(height);
        if (!hash) break;
        hashes.push_back(*hash);
    }
    return hashes;
}

void PeerFeed::Restart(Height next) {
    {
        const std::lock_guard lock(mutex_);
        taking_ = true;
        window_.Restart(next);
        window_.Follow(headers_);
    }
    PlanAndRun();
}

std::vector<Block> PeerFeed::Take(std::size_t max_bytes, milliseconds wait) {
    const auto deadline = steady_clock::now() + wait;
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = !std::exchange(taking_, true);
        if (first) window_.Follow(headers_);
    }
    if (first) PlanAndRun();
    std::vector<Block> taken;
    {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, deadline,
                            [&] { return window_.IsReady() || woken_ || stopped_; });
        woken_ = false;
        if (stopped_) return {};
        taken = window_.Take(max_bytes, headers_);
    }
    if (!taken.empty()) PlanAndRun();
    return taken;
}

void PeerFeed::Wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        sync_.LookAtAll();
    }
    changed_.notify_all();
    PlanAndRun();
}

std::optional<std::string> PeerFeed::WaitForPeer(milliseconds wait) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait, [&] { return !peers_.empty() || stopped_; });
    if (peers_.empty()) return std::nullopt;
    return peers_.begin()->second->GetFacts().label;
}

// Peers come and go

void PeerFeed::OnReady(PeerPtr peer) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return;
        const Peer::Facts& facts = peer->GetFacts();
        if (bench_.Has(facts.label, steady_clock::now()))
            resting_[facts.id] = std::move(peer);
        else
            Enlist(peer);
    }
    PlanAndRun();
}

void PeerFeed::Enlist(const PeerPtr& peer) {
    const Peer::Facts& facts = peer->GetFacts();
    peers_[facts.id] = peer;
    sync_.AddPeer(facts.id);
    window_.AddPeer(facts.id);
}

void PeerFeed::OnGone(std::uint64_t id) {
    {
        const std::lock_guard lock(mutex_);
        Forget(id);
    }
    PlanAndRun();
}

void PeerFeed::Forget(std::uint64_t id) {
    peers_.erase(id);
    resting_.erase(id);
    sync_.RemovePeer(id);
    window_.RemovePeer(id);
}

PeerFeed::Actions PeerFeed::SendAway(std::uint64_t id, PeerError why) {
    const auto found = peers_.find(id);
    if (found == peers_.end()) return {};
    const PeerPtr peer = found->second;
    bench_.Send(peer->GetFacts().label, steady_clock::now());
    Forget(id);
    return {[peer, why = std::move(why)] { peer->Drop(why); }};
}

PeerError PeerFeed::Blame(std::uint64_t id, PeerError::Kind kind, const std::string& what) const {
    const auto found = peers_.find(id);
    return {kind,
            found == peers_.end() ? what : "peer " + found->second->GetFacts().label + ": " + what};
}

// What they tell

void PeerFeed::OnAnnounced(std::uint64_t id, const std::vector<BlockHash>& hashes) {
    {
        const std::lock_guard lock(mutex_);
        sync_.OnAnnounced(id, hashes);
        SetReach(id);
    }
    PlanAndRun();
}

std::function<void()> PeerFeed::AskHeaders(HeaderSync::Ask ask) {
    return [this, peer = peers_.at(ask.peer), ask = std::move(ask)] {
        peer->GetHeaders(ask.locator, [this, id = ask.peer](auto headers) {
            OnHeaders(id, std::move(headers));
        });
    };
}

void PeerFeed::OnHeaders(std::uint64_t id, const PeerResult<std::vector<Bytes>>& headers) {
    Actions actions;
    {
        const std::lock_guard lock(mutex_);
        if (headers.has_error()) {
            if (LeavesConnection(headers.error())) actions = SendAway(id, headers.error());
            Forget(id);
        } else {
            const auto taken = sync_.OnHeaders(id, *headers, steady_clock::now());
            if (taken.has_error())
                actions = SendAway(id, Blame(id, PeerError::Kind::malformed, taken.error().why));
            SetReach(id);
        }
    }
    for (const auto& action : actions) action();
    PlanAndRun();
}

std::function<void()> PeerFeed::AskBlocks(BlockWindow::Request request) {
    return [this, peer = peers_.at(request.peer), request = std::move(request)] {
        peer->GetBlocks(request.hashes, [this, request](PeerResult<Peer::Blocks> blocks) {
            if (blocks.has_error() && blocks.error().kind == PeerError::Kind::missing)
                blocks = Peer::Blocks{};
            OnBlocks(request.peer, request.id, std::move(blocks));
        });
    };
}

void PeerFeed::OnBlocks(std::uint64_t id, std::uint64_t request, PeerResult<Peer::Blocks> blocks) {
    std::vector<BlockWindow::Arrived> arrived;
    for (std::size_t i = 0; blocks.has_value() && i < blocks->raw.size(); ++i) {
        const Bytes& raw = blocks->raw[i];
        const bool whole = coin_.codec->HeaderSize(raw).has_value();
        arrived.push_back({whole ? coin_.codec->HashHeader(raw) : BlockHash{}, raw.size()});
    }
    Actions actions;
    {
        const std::lock_guard lock(mutex_);
        if (blocks.has_error()) {
            if (LeavesConnection(blocks.error())) actions = SendAway(id, blocks.error());
            Forget(id);
        } else {
            for (const auto& block : window_.OnBlocks(request, arrived, steady_clock::now())) {
                // std::function wants a copyable task; the bytes are moved out when it runs.
                auto raw = std::make_shared<Bytes>(std::move(blocks->raw[block.place]));
                pool_.Post([this, id, request, height = block.height,
                            hash = arrived[block.place].hash,
                            raw] { Check(id, request, height, hash, std::move(*raw)); });
            }
        }
    }
    for (const auto& action : actions) action();
    PlanAndRun();
}

void PeerFeed::Check(std::uint64_t id, std::uint64_t request, Height height, const BlockHash& hash,
                     Bytes raw) {
    auto block = CheckBlock(*coin_.codec, hash, std::move(raw));
    Actions actions;
    {
        const std::lock_guard lock(mutex_);
        if (block.has_value()) {
            window_.Fill(request, height, std::move(*block));
            if (height != window_.NextHeight()) return;
        } else if (window_.Refuse(request, height)) {
            actions =
                SendAway(id, Blame(id, PeerError::Kind::malformed,
                                   "bad block " + ToDisplayHex(hash) + " at height " +
                                       std::to_string(height.value) + ": " + block.error().why));
        }
    }
    changed_.notify_all();
    if (block.has_value()) return;
    for (const auto& action : actions) action();
    PlanAndRun();
}

// Sizes of some blocks

PeerFeed::Actions PeerFeed::AskSamples() {
    std::vector<PeerPtr> able;
    for (const auto& [id, peer] : peers_)
        if (sync_.TipOf(id) == headers_.Tip()) able.push_back(peer);
    std::vector<std::vector<BlockHash>> shares(std::max<std::size_t>(1, able.size()));
    std::size_t turn = 0;
    for (const Height height : chain_size_.Begin(headers_.TipHeight()))
        shares[turn++ % shares.size()].push_back(*headers_.HashAt(height));
    if (able.empty()) chain_size_.Add(turn, {});
    Actions actions;
    for (std::size_t i = 0; i < able.size() && !shares[i].empty(); ++i)
        actions.push_back([this, peer = able[i], hashes = std::move(shares[i])] {
            peer->GetBlocks(hashes, [this, asked = hashes.size()](PeerResult<Peer::Blocks> blocks) {
                OnSamples(asked, blocks);
            });
        });
    return actions;
}

bool PeerFeed::KnowsSize() const {
    return taking_ || chain_size_.IsDone() ||
           steady_clock::now() - sampled_ >= options_.sample_wait;
}

void PeerFeed::OnSamples(std::size_t asked, const PeerResult<Peer::Blocks>& blocks) {
    {
        const std::lock_guard lock(mutex_);
        std::vector<std::size_t> sizes;
        for (std::size_t i = 0; blocks.has_value() && i < blocks->raw.size(); ++i)
            sizes.push_back(blocks->raw[i].size());
        chain_size_.Add(asked, sizes);
    }
    changed_.notify_all();
}

// What to do next

void PeerFeed::Schedule() {
    after_(options_.tick, [this] { Tick(); });
}

void PeerFeed::Tick() {
    const Time now = steady_clock::now();
    Actions actions;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return;
        std::erase_if(resting_, [&](const auto& resting) {
            if (bench_.Has(resting.second->GetFacts().label, now)) return false;
            Enlist(resting.second);
            return true;
        });
        for (const std::uint64_t id : window_.Stalled(now)) {
            auto sent = SendAway(id, Blame(id, PeerError::Kind::timeout,
                                           "did not send the blocks it was asked for"));
            std::ranges::move(sent, std::back_inserter(actions));
        }
        if (now - looked_ >= options_.look) {
            looked_ = now;
            sync_.LookAtAll();
        }
    }
    for (const auto& action : actions) action();
    PlanAndRun();
    Schedule();
}

void PeerFeed::PlanAndRun() {
    Actions actions;
    bool moved = false, told = false;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return;
        const Time now = steady_clock::now();
        moved = ChooseChain(now);
        woken_ |= moved;
        headers_.TrimBranches();
        for (auto& ask : sync_.Plan(now)) actions.push_back(AskHeaders(std::move(ask)));
        if (taking_)
            for (auto& request : window_.Plan(now))
                actions.push_back(AskBlocks(std::move(request)));
        told = sync_.IsComplete();
    }
    changed_.notify_all();
    for (const auto& action : actions) action();
    if (moved && told) sink_({NodeEvent::Kind::tip_changed, {}});
}

bool PeerFeed::ChooseChain(Time now) {
    if (!taking_ || peers_.empty() || !window_.IsStuck())
        stuck_since_.reset();
    else if (!stuck_since_)
        stuck_since_ = now;
    auto best = sync_.BestTip();
    if (!best) return false;
    if (headers_.WorkOf(*best) <= headers_.WorkOf(headers_.Tip())) {
        if (!stuck_since_ || now - *stuck_since_ < options_.stuck) return false;
        // Not below what was taken already.
        const auto taken = headers_.HashAt({window_.NextHeight().value - 1});
        if (taken && headers_.WorkOf(*taken) >= headers_.WorkOf(*best)) best = taken;
        if (*best == headers_.Tip()) return false;
        spdlog::warn("no peer has block {} at height {}: going on with what peers have",
                     ToDisplayHex(*headers_.HashAt(window_.NextHeight())),
                     window_.NextHeight().value);
    }
    Choose(*best);
    return true;
}

void PeerFeed::Choose(const BlockHash& tip) {
    headers_.Choose(tip);
    if (taking_) window_.Follow(headers_);
    for (const auto& [id, peer] : peers_) SetReach(id);
    stuck_since_.reset();
    const std::uint32_t height = headers_.TipHeight().value;
    if (sync_.IsComplete() || height < headers_logged_ + kHeadersPerLine) return;
    headers_logged_ = height;
    spdlog::info("headers of {} blocks are known so far", height);
}

void PeerFeed::SetReach(std::uint64_t id) {
    const auto tip = sync_.TipOf(id);
    window_.SetReach(id, tip ? headers_.ForkWith(*tip) : std::nullopt);
}

}  // namespace amber::daemon_client
