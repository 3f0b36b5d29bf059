#include "daemon_client/prefetcher.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <span>
#include <thread>

#include "daemon_client/block_check.h"
#include "daemon_client/json_text.h"
#include "daemon_client/node_state.h"

namespace amber::daemon_client {

using index::Block;
using index::BlockHash;
using index::Bytes;
using index::Height;
using index::NodeError;
using index::NodeResult;
using index::NodeTip;
using Kind = index::NodeError::Kind;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kHashesAtOnce = 1000;
constexpr std::size_t kHashesAhead = 500;  // list more when fewer are announced and not yet fetched

constexpr int kHeightOutOfRange = -8;

constexpr milliseconds kFirstBackoff{100};
constexpr milliseconds kLastBackoff{1000};  // when the node does not answer as it should
constexpr milliseconds kLastBackoffBadBlock{30000};

RpcRequest HashRequest(std::uint64_t height) {
    return {"getblockhash", "[" + std::to_string(height) + "]"};
}

/// Trouble that the RpcClient has logged already, or that is none.
bool IsKnown(const NodeError& error) {
    return error.kind != Kind::malformed && error.kind != Kind::refused;
}

/// Up to the end of the node's chain.
NodeResult<std::vector<BlockHash>> ReadHashes(std::span<const RpcResult> results) {
    std::vector<BlockHash> hashes;
    for (const RpcResult& result : results) {
        if (result.has_error()) {
            if (result.error().code == kHeightOutOfRange) break;
            return result.error();
        }
        const auto hash = index::FromDisplayHex<BlockHash>(PlainString(*result).value_or(""));
        if (!hash) return WrongType("getblockhash", *result);
        hashes.push_back(*hash);
    }
    return hashes;
}

}  // namespace

Prefetcher::Prefetcher(const index::Coin& coin, const NodeOptions& options, RpcClient& client,
                       BlockFetcher& fetcher)
    : coin_(coin),
      budget_(options.prefetch_bytes),
      // One more than connections, so that none waits for us.
      max_in_flight_(std::max(1u, options.block_connections) + 1),
      client_(client),
      fetcher_(fetcher),
      pool_(options.parse_threads != 0 ? options.parse_threads
                                       : std::max(1u, std::thread::hardware_concurrency()),
            "amber-parse") {}

Prefetcher::~Prefetcher() { Stop(); }

void Prefetcher::Stop() {
    {
        std::lock_guard lock(mutex_);
        stopped_ = true;
        Truncate(plan_.First());
    }
    changed_.notify_all();
    pool_.Stop();
}

NodeResult<NodeTip> Prefetcher::Tip() {
    auto text = client_.Wait({"getblockchaininfo"}, {});
    if (text.has_error()) return text.error();
    auto state = ReadNodeState(*text);
    if (!state) return WrongType("getblockchaininfo", *text);
    return state->tip;
}

NodeResult<std::vector<BlockHash>> Prefetcher::Hashes(Height first, std::size_t count) {
    std::vector<BlockHash> hashes;
    while (hashes.size() < count) {
        const std::size_t now = std::min(count - hashes.size(), kHashesAtOnce);
        std::vector<RpcRequest> batch;
        for (std::size_t i = 0; i < now; ++i)
            batch.push_back(HashRequest(first.value + hashes.size() + i));
        const auto answer = client_.WaitBatch(std::move(batch), {});
        if (answer.has_error()) return answer.error();
        const std::vector<RpcResult> results(answer->begin(), answer->end());
        const auto more = ReadHashes(results);
        if (more.has_error()) return more.error();
        hashes.insert(hashes.end(), more->begin(), more->end());
        if (more->size() < now) break;
    }
    return hashes;
}

void Prefetcher::Restart(Height next) {
    {
        std::lock_guard lock(mutex_);
        Truncate(plan_.First());
        first_id_ = last_id_ + 1;
        in_flight_ = 0;
        plan_.Restart(next);
    }
    PlanAndRun();
}

void Prefetcher::Wake() {
    {
        std::lock_guard lock(mutex_);
        woken_ = true;
        look_ = true;
        // A node that has news is back; but one that sent a bad block is given its rest.
        if (backoff_ <= kLastBackoff) paused_ = false;
    }
    changed_.notify_all();
    PlanAndRun();
}

std::vector<Block> Prefetcher::Take(std::size_t max_bytes, milliseconds wait) {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    {
        std::lock_guard lock(mutex_);
        if (plan_.IsEmpty() && listing_ == 0) look_ = true;
    }
    PlanAndRun();

    std::vector<Block> taken;
    {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, deadline, [&] { return plan_.IsReady() || woken_ || stopped_; });
        woken_ = false;
        if (stopped_) return {};
        taken = plan_.Take(max_bytes);
        // Progress; blocks that are merely ready behind a bad one are none.
        if (!taken.empty()) backoff_ = {};
    }
    if (!taken.empty()) PlanAndRun();
    return taken;
}

void Prefetcher::PlanAndRun() {
    Actions actions;
    {
        std::lock_guard lock(mutex_);
        actions = Plan();
    }
    for (auto& action : actions) action();
}

Prefetcher::Actions Prefetcher::Plan() {
    Actions actions;
    if (stopped_ || paused_) return actions;
    if (NeedsListing()) actions.push_back(ListHashes());
    while (plan_.FirstAnnounced() < plan_.End() && in_flight_ < max_in_flight_) {
        const std::size_t held = plan_.BytesHeld();
        if (held != 0 && held + RunLength() * plan_.SizeGuess() > budget_) break;
        actions.push_back(FetchRun());
    }
    return actions;
}

bool Prefetcher::NeedsListing() const {
    const std::size_t ahead = plan_.End().value - plan_.FirstAnnounced().value;
    if (listing_ != 0 || ahead >= kHashesAhead) return false;
    return look_ || plan_.End() <= node_height_;
}

std::function<void()> Prefetcher::ListHashes() {
    listing_ = ++last_id_;
    look_ = false;
    const std::uint64_t first = plan_.End().value;
    const std::uint64_t known =
        node_height_.value >= first ? node_height_.value - first + 1 : std::uint64_t{1};
    std::vector<RpcRequest> batch{{"getblockcount"}};
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(known, kHashesAtOnce); ++i)
        batch.push_back(HashRequest(first + i));
    return [this, listing = listing_, batch = std::move(batch)] {
        client_.CallBatch(batch, {}, [this, listing](NodeResult<RpcClient::Answer> answer) {
            OnListed(listing, std::move(answer));
        });
    };
}

void Prefetcher::OnListed(std::uint64_t listing, NodeResult<RpcClient::Answer> answer) {
    {
        std::lock_guard lock(mutex_);
        if (listing != listing_) return;
        listing_ = 0;
        if (answer.has_error()) return Pause(answer.error(), kLastBackoff);
        const auto height = ReadCount(answer->results.front());
        auto hashes = ReadHashes(std::span(answer->results).subspan(1));
        if (height.has_error() || hashes.has_error())
            return Pause(height.has_error() ? height.error() : hashes.error(), kLastBackoff);
        node_height_ = *height;
        if (plan_.End().value == 0 && !hashes->empty() && hashes->front() != coin_.genesis)
            return Pause({Kind::malformed, 0, "the node's genesis block is another one"},
                         kLastBackoff);
        const std::size_t end = plan_.End().value + hashes->size();
        if (end == 0)
            return Pause({Kind::malformed, 0, "the node has no genesis block"}, kLastBackoff);
        // Its chain became shorter while it answered.
        if (hashes->size() + 1 < answer->results.size())
            node_height_.value = std::min(node_height_.value, static_cast<std::uint32_t>(end) - 1);
        for (const BlockHash& hash : *hashes) plan_.Announce(hash);
    }
    PlanAndRun();
}

std::size_t Prefetcher::RunLength() const {
    const auto best = fetcher_.BestBatch();
    const std::size_t fitting = std::max<std::size_t>(1, best.bytes / plan_.SizeGuess());
    const std::size_t left = plan_.End().value - plan_.FirstAnnounced().value;
    return std::min({fitting, best.blocks, left});
}

std::function<void()> Prefetcher::FetchRun() {
    const std::size_t run = RunLength();
    const Height height = plan_.FirstAnnounced();
    const std::uint64_t id = ++last_id_;
    std::vector<BlockHash> hashes;
    for (std::size_t i = 0; i < run; ++i) {
        const Height next = plan_.FirstAnnounced();
        hashes.push_back(plan_.HashAt(next));
        plan_.Claim(next, id);
    }
    ++in_flight_;
    return [this, id, height, run, hashes = std::move(hashes)] {
        fetcher_.Fetch(hashes, [this, id, height, run](NodeResult<std::vector<Bytes>> blocks,
                                                       std::uint64_t epoch) {
            OnFetched(id, height, run, std::move(blocks), epoch);
        });
    };
}

void Prefetcher::OnFetched(std::uint64_t id, Height first, std::size_t count,
                           NodeResult<std::vector<Bytes>> blocks, std::uint64_t epoch) {
    {
        std::lock_guard lock(mutex_);
        if (id >= first_id_) --in_flight_;
        if (blocks.has_error() && plan_.Waits(first, id)) {
            Truncate(first);
            Pause(blocks.error(), kLastBackoff);
        }
        std::size_t largest = 1;
        for (std::size_t i = 0; blocks.has_value() && i < count; ++i) {
            const std::size_t size = (*blocks)[i].size();
            largest = std::max(largest, size);
            spdlog::trace("block {}: {} bytes are here", first.value + i, size);
            plan_.NoteSize({first.value + static_cast<std::uint32_t>(i)}, id, size);
        }
        if (blocks.has_value()) plan_.LearnSize(largest);
    }
    if (blocks.has_error()) {
        // It answered, but not with what we need: another daemon may.
        if (!IsKnown(blocks.error())) client_.GiveUpOn(epoch, blocks.error());
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const Height height{first.value + static_cast<std::uint32_t>(i)};
        // std::function wants a copyable task; the bytes are moved out when it runs.
        auto raw = std::make_shared<Bytes>(std::move((*blocks)[i]));
        pool_.Post([this, id, height, raw, epoch] { Parse(id, height, std::move(*raw), epoch); });
    }
    PlanAndRun();
}

void Prefetcher::Parse(std::uint64_t id, Height height, Bytes raw, std::uint64_t epoch) {
    BlockHash announced;
    {
        std::lock_guard lock(mutex_);
        if (!plan_.Waits(height, id)) return;
        announced = plan_.HashAt(height);
    }
    auto block = CheckBlock(*coin_.codec, announced, std::move(raw));
    if (block.has_error()) return ReportBadBlock(id, height, block.error().why, epoch);

    std::lock_guard lock(mutex_);
    plan_.Fill(height, id, std::move(*block));
    if (height == plan_.First()) changed_.notify_all();
}

void Prefetcher::ReportBadBlock(std::uint64_t id, Height height, const std::string& what,
                                std::uint64_t epoch) {
    NodeError error{Kind::malformed, 0, {}};
    const bool from_daemon = epoch != BlockFetcher::kFromFiles && epoch != BlockFetcher::kFromPeers;
    {
        std::lock_guard lock(mutex_);
        if (!plan_.Waits(height, id)) return;
        error.message = "bad block " + ToDisplayHex(plan_.HashAt(height)) + " at height " +
                        std::to_string(height.value) + ": " + what;
        Truncate(height);
        if (from_daemon) {
            error.message = "daemon " + client_.Current().label + ": " + error.message;
            Pause(error, kLastBackoffBadBlock);
        }
    }
    if (from_daemon) return client_.GiveUpOn(epoch, error);
    fetcher_.Distrust(epoch, error.message);
    PlanAndRun();
}

/// Throws away this height, all above, and the listing that would follow them.
void Prefetcher::Truncate(Height from) {
    plan_.Truncate(from);
    listing_ = 0;
    look_ = true;
}

/// What was asked before may still arrive; nothing new is asked for a while.
void Prefetcher::Pause(const NodeError& error, milliseconds last_backoff) {
    plan_.ForgetSizes();
    look_ = true;
    if (stopped_ || error.kind == Kind::stopped) return;
    if (!IsKnown(error) && log_limit_.Allow(error.message))
        spdlog::error("fetching blocks: {}; trying again", error.message);

    // Several failures at a time count once.
    if (paused_) return;
    backoff_ = std::clamp(backoff_ * 2, kFirstBackoff, last_backoff);
    paused_ = true;
    client_.After(backoff_, [this, pause = ++pause_] {
        {
            std::lock_guard lock(mutex_);
            if (pause != pause_) return;
            paused_ = false;
        }
        PlanAndRun();
    });
}

}  // namespace amber::daemon_client
