#include "index/indexer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <utility>

#include "index/block_processor.h"
#include "index/first_sync.h"
#include "index/fork_search.h"
#include "index/mempool/mempool.h"
#include "index/still_syncing.h"
#include "index/sync_inbox.h"

namespace amber::index {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kBatchBytes = 16 << 20;
constexpr milliseconds kBlockWait(1000);
constexpr milliseconds kTroubleWait(1000);
constexpr milliseconds kIdleWait(5000);
/// Events can be lost; a whole listing this often makes good for it.
constexpr auto kMempoolListPeriod = std::chrono::seconds(30);
/// What reading needs of the cache budget while the rest holds unwritten rows.
constexpr std::size_t kSyncReadCache = 64 << 20;

std::size_t PendingBudget(std::size_t cache_bytes) {
    return cache_bytes > 2 * kSyncReadCache ? cache_bytes - kSyncReadCache : cache_bytes / 2;
}

}  // namespace

class Indexer::Impl {
public:
    Impl(const Coin& coin, store::Store& store, IndexerOptions options)
        : coin_(coin),
          store_(store),
          options_(options),
          processor_(coin, store, options.reorg_limit),
          reader_(store, store::Reach::disk),
          mempool_(*coin.codec, [this](const OutPoint& outpoint) {
              auto h = reader_.Prefixed(store::Table::h);
              return FindUnspent(reader_, h, outpoint, Certainty::always_compare);
          }) {
        UpdateStatus();
    }

    void Run(BlockFeed& feed, MempoolSource& mempool_source);
    void Import(BlockArchive& archive);
    [[nodiscard]] std::optional<BlockArchive::Have> Have() const;
    SyncInbox& Inbox() { return inbox_; }
    void SetSinks(AnnouncementSink on_view, std::function<void(const View&)> on_synced) {
        on_view_ = std::move(on_view);
        on_synced_ = std::move(on_synced);
    }
    [[nodiscard]] IndexerStatus Status() const {
        const std::lock_guard lock(shared_mutex_);
        return status_;
    }
    [[nodiscard]] ViewPtr CurrentView() const {
        const std::lock_guard lock(shared_mutex_);
        return view_;
    }

private:
    enum class Progress { caught_up, more, trouble };

    void BuildInBulk();
    Progress FollowChain();
    Progress TakeBlocks(const NodeTip& node);
    /// Our tip is the node's. Nobody is served before the node has its chain.
    Progress ReachTip(const NodeTip& node);
    void ConnectBlock(const Block& block, const NodeTip& node);
    /// Whether our tip is on the node's chain; if not, disconnects down to the fork.
    NodeResult<Progress> MeetNodeChain(const NodeTip& node);
    NodeResult<Progress> Reorganise(const NodeTip& node);
    void DisconnectTo(Height height);
    void ServeReorg(const SyncInbox::ReorgRequest& request);
    std::string RefuseReorg(std::uint32_t count) const;
    bool FollowMempool(const SyncInbox::Contents& mail);
    /// Whether wallets can hear of our tip before the node is asked what is in its mempool: ours
    /// has moved with the blocks. After a reorganisation the node has to be asked first.
    [[nodiscard]] bool CanTellOfTip() const { return synced_ && !disconnected_ && !incomplete_; }
    /// Of `staged` if it is given, else of what is in the database.
    void Publish(std::optional<store::Snapshot> staged = {});
    void UpdateStatus();
    void Restart() { feed_->Restart(processor_.NextHeight()); }

    const Coin& coin_;
    store::Store& store_;
    const IndexerOptions options_;

    // Sync thread only.
    BlockFeed* feed_ = nullptr;                ///< null before Run() and Import()
    MempoolSource* mempool_source_ = nullptr;  ///< null before Run()
    BlockProcessor processor_;
    store::Reader reader_;
    Mempool mempool_;
    const KeptPtr kept_ = std::make_shared<Kept>();
    bool synced_ = false;
    bool tip_moved_ = false;     ///< since the last view
    bool disconnected_ = false;  ///< blocks, since the mempool was last checked
    bool incomplete_ = false;  ///< what they held may be in the node's mempool, and not yet in ours
    bool list_mempool_ = true;
    std::chrono::steady_clock::time_point mempool_listed_{};
    std::uint64_t serial_ = 0;
    std::uint64_t bytes_done_ = 0;
    Height node_height_, best_header_;
    AnnouncementSink on_view_;
    std::function<void(const View&)> on_synced_;

    SyncInbox inbox_;
    mutable std::mutex shared_mutex_;
    IndexerStatus status_;  // guarded by shared_mutex_
    ViewPtr view_;          // guarded by shared_mutex_
};

void Indexer::Impl::Run(BlockFeed& feed, MempoolSource& mempool_source) {
    feed_ = &feed;
    mempool_source_ = &mempool_source;
    store_.SetCacheBytes(kSyncReadCache);
    BuildInBulk();
    Restart();
    milliseconds wait(0);
    while (!inbox_.Stopping()) {
        const auto mail = inbox_.Take(wait);
        for (const auto& request : mail.reorgs) ServeReorg(request);
        list_mempool_ |= mail.mempool_changed;
        const Progress progress = FollowChain();
        UpdateStatus();
        if (progress == Progress::caught_up && tip_moved_ && CanTellOfTip()) Publish();
        if (progress == Progress::caught_up && FollowMempool(mail)) {
            Publish();
            wait = list_mempool_ ? kTroubleWait : kIdleWait;
        } else {
            // What the mail tells of single transactions is passed over now; a listing makes up for
            // it.
            list_mempool_ |= !mail.added.empty() || !mail.removed.empty();
            wait = progress == Progress::more ? milliseconds(0) : kTroubleWait;
        }
    }
    processor_.Flush();
    for (const auto& request : inbox_.Take(milliseconds(0)).reorgs)
        request.done("amberd is shutting down");
}

void Indexer::Impl::Import(BlockArchive& archive) {
    feed_ = &archive;
    const auto last = archive.Tip();
    const auto& tip = processor_.GetTip();
    if (!last || (tip && last->height <= tip->height)) return;
    store_.SetCacheBytes(kSyncReadCache);
    BuildInBulk();
    Restart();
    while (!inbox_.Stopping()) {
        for (const auto& request : inbox_.Take(milliseconds(0)).reorgs)
            request.done("still reading the files; try again when synced");
        const Progress progress = FollowChain();
        UpdateStatus();
        if (progress != Progress::more) break;
    }
    processor_.Flush();
}

std::optional<BlockArchive::Have> Indexer::Impl::Have() const {
    const auto& tip = processor_.GetTip();
    if (!tip) return std::nullopt;
    return BlockArchive::Have{tip->height,
                              [this](Height height) { return *processor_.HashAt(height); }};
}

void Indexer::Impl::BuildInBulk() {
    if (processor_.GetTip()) {
        std::error_code ignored;  // a build that was finished, but not tidied up
        if (!options_.bulk_folder.empty())
            std::filesystem::remove_all(options_.bulk_folder, ignored);
        return;
    }
    FirstSync sync(coin_, store_, *feed_, options_);
    sync.Run({.take_mail = [this](milliseconds wait) { return inbox_.Take(wait); },
              .stopping = [this] { return inbox_.Stopping(); },
              .moved =
                  [this](const NodeTip& node, const std::optional<Tip>& tip, std::uint64_t bytes,
                         double tables_share) {
                      const std::lock_guard lock(shared_mutex_);
                      status_.tip = tip;
                      status_.node_height = node.height;
                      status_.best_header = node.best_header;
                      status_.block_bytes_done = bytes;
                      status_.tables = {.written = 0, .share = tables_share};
                      bytes_done_ = bytes;
                  },
              .writing =
                  [this](double part) {
                      const std::lock_guard lock(shared_mutex_);
                      status_.tables->written = part;
                  }});
    processor_.Reload();
}

Indexer::Impl::Progress Indexer::Impl::FollowChain() {
    const auto node = feed_->Tip();
    if (!node) return Progress::trouble;
    node_height_ = node->height;
    best_header_ = node->best_header;
    const auto met = MeetNodeChain(*node);
    if (!met) return Progress::trouble;
    if (*met != Progress::more) return *met;
    return TakeBlocks(*node);
}

NodeResult<Indexer::Impl::Progress> Indexer::Impl::MeetNodeChain(const NodeTip& node) {
    const auto& tip = processor_.GetTip();
    if (!tip) return Progress::more;
    if (tip->hash == node.hash) return ReachTip(node);
    if (node.height > tip->height) {
        const auto theirs = feed_->Hashes(tip->height, 1);
        if (!theirs) return theirs.error();
        if (theirs->size() == 1 && theirs->front() == tip->hash) return Progress::more;
    } else if (node.initial_download && processor_.HashAt(node.height) == node.hash) {
        // The node is reading the chain again (a new disk, a reindex): what we have stays right.
        return Progress::trouble;
    }
    return Reorganise(node);
}

NodeResult<Indexer::Impl::Progress> Indexer::Impl::Reorganise(const NodeTip& node) {
    processor_.Flush();
    const Tip tip = *processor_.GetTip();
    const auto fork =
        FindFork(*feed_, tip.height, [&](Height height) { return *processor_.HashAt(height); });
    if (!fork) return fork.error();
    const std::uint32_t depth = *fork ? tip.height.value - (*fork)->value : tip.height.value + 1;
    if (depth == 0) return Progress::more;  // the node moved on meanwhile
    if (!*fork || !processor_.CanDisconnect(depth)) {
        // A node that is only behind on our own chain may catch up again; a fork may not.
        if (*fork && **fork == node.height) return Progress::trouble;
        throw FatalError(
            "the node's chain leaves ours " + std::to_string(depth) + " blocks below height " +
            std::to_string(tip.height.value) + ", deeper than the reorg limit of " +
            std::to_string(options_.reorg_limit) +
            " blocks. Check that the node is on the right chain; then delete the database and sync "
            "again, with a larger --reorg-limit if such forks are expected");
    }
    spdlog::info("reorganisation: disconnecting {} blocks, from height {} to {}", depth,
                 tip.height.value, (*fork)->value);
    DisconnectTo(**fork);
    return Progress::more;
}

void Indexer::Impl::DisconnectTo(Height height) {
    while (processor_.GetTip()->height > height) {
        if (!processor_.Disconnect())
            throw FatalError(
                "block " + std::to_string(processor_.GetTip()->height.value) +
                " has no undo record: the database is damaged; delete it and sync again");
        UpdateStatus();
    }
    tip_moved_ = disconnected_ = true;
    Restart();
}

Indexer::Impl::Progress Indexer::Impl::TakeBlocks(const NodeTip& node) {
    const auto blocks = feed_->Take(kBatchBytes, kBlockWait);
    for (const Block& block : blocks) {
        const auto& tip = processor_.GetTip();
        if (tip && block.previous != tip->hash) {
            spdlog::info(
                "block {} does not follow our tip {}: the node changed its chain meanwhile",
                ToDisplayHex(block.hash), ToDisplayHex(tip->hash));
            Restart();
            break;
        }
        ConnectBlock(block, node);
        if (inbox_.Stopping()) break;
    }
    const auto& tip = processor_.GetTip();
    // Nothing came: Take() has waited as long as made sense, or was woken for a newer tip.
    if (!tip || tip->hash != node.hash) return Progress::more;
    // The node may have moved on while we worked; its next event or our next look will tell.
    return ReachTip(node);
}

Indexer::Impl::Progress Indexer::Impl::ReachTip(const NodeTip& node) {
    if (!synced_ && IsStillSyncing(node, coin_)) return Progress::trouble;
    processor_.Flush();
    return Progress::caught_up;
}

void Indexer::Impl::ConnectBlock(const Block& block, const NodeTip& node) {
    const std::uint32_t height = processor_.NextHeight().value;
    const std::uint32_t target = std::max(node.best_header.value, node.height.value);
    const bool near_tip = height + options_.reorg_limit > target;
    if (synced_) spdlog::trace("block {}: begin", height);
    KnownOutputs known;
    // After a reorganisation the mempool has to be looked through first.
    if (synced_ && !disconnected_)
        known = [this](const OutPoint& outpoint) { return mempool_.FindConfirmedSpent(outpoint); };
    processor_.Connect(
        block, synced_ || near_tip ? BlockProcessor::Undo::keep : BlockProcessor::Undo::skip,
        known);
    if (synced_) spdlog::trace("block {}: rows", height);
    bytes_done_ += block.raw.size();
    tip_moved_ = true;
    if (synced_) {
        // The mempool looks at nothing that is being written.
        auto applied =
            std::async(std::launch::async, [this, &block] { mempool_.ApplyBlock(block); });
        std::optional<store::Snapshot> staged;
        if (block.hash == node.hash && CanTellOfTip()) staged = processor_.Stage();
        if (staged) {
            // Wallets need not wait until the block is written: if it never is, it is told again.
            applied.get();
            Publish(std::move(staged));
        }
        processor_.Flush();
        spdlog::trace("block {}: connected", height);
        if (applied.valid()) applied.get();
    } else {
        // There is nobody yet to tell of changes.
        (void)processor_.TakeTouched();
        (void)processor_.TakeTouchedTxs();
        if (processor_.PendingBytes() > PendingBudget(options_.cache_bytes)) processor_.Flush();
    }
    UpdateStatus();
}

void Indexer::Impl::ServeReorg(const SyncInbox::ReorgRequest& request) {
    const std::string refused = RefuseReorg(request.count);
    if (refused.empty()) {
        const Height to{processor_.GetTip()->height.value - request.count};
        spdlog::info("forced reorganisation: disconnecting {} blocks", request.count);
        DisconnectTo(to);
    }
    request.done(refused);
}

std::string Indexer::Impl::RefuseReorg(std::uint32_t count) const {
    if (!synced_) return "still catching up with the node; try again when synced";
    if (count == 0) return "the number of blocks must be at least 1";
    const std::uint32_t height = processor_.GetTip()->height.value;
    if (count > height)
        return "only the " + std::to_string(height) + " blocks above genesis can be disconnected";
    if (!processor_.CanDisconnect(count))
        return "only blocks within the reorg limit of " + std::to_string(options_.reorg_limit) +
               " can be disconnected";
    return {};
}

bool Indexer::Impl::FollowMempool(const SyncInbox::Contents& mail) {
    if (disconnected_) {
        mempool_.Revalidate();
        disconnected_ = false;
        list_mempool_ = incomplete_ = true;
    }
    mempool_.Remove(mail.removed);
    if (!mail.added.empty() && !list_mempool_ && !mempool_.Add(*mempool_source_, mail.added))
        list_mempool_ = true;
    const auto now = std::chrono::steady_clock::now();
    if (!list_mempool_ && now - mempool_listed_ < kMempoolListPeriod) return true;
    const auto listed = mempool_.Refresh(*mempool_source_, processor_.GetTip()->hash);
    if (listed && *listed) {
        list_mempool_ = incomplete_ = false;
        mempool_listed_ = now;
        return true;
    }
    // Another tip, or no answer: what we hold still fits our own tip and can be served. But the
    // first view waits for a whole mempool, and so does one after a reorganisation: nobody shall be
    // told that a transaction is gone that only went back into the mempool.
    list_mempool_ = true;
    return synced_ && !incomplete_;
}

void Indexer::Impl::Publish(std::optional<store::Snapshot> staged) {
    auto touched = processor_.TakeTouched();
    auto touched_txs = processor_.TakeTouchedTxs();
    const auto touched_in_mempool = mempool_.TakeTouched();
    const auto txs_of_mempool = mempool_.TakeTouchedTxs();
    if (synced_ && !tip_moved_ && touched_in_mempool.empty() && txs_of_mempool.empty()) return;
    touched_txs.insert(touched_txs.end(), txs_of_mempool.begin(), txs_of_mempool.end());
    touched.insert(touched.end(), touched_in_mempool.begin(), touched_in_mempool.end());
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());

    const ViewPtr view = std::make_shared<const View>(
        View{++serial_, *processor_.GetTip(), staged ? std::move(*staged) : store_.TakeSnapshot(),
             processor_.GetTxCounts(), mempool_.View(), kept_});
    {
        const std::lock_guard lock(shared_mutex_);
        view_ = view;
    }
    const bool first = !std::exchange(synced_, true);
    if (first) store_.SetCacheBytes(options_.read_cache_bytes);
    UpdateStatus();
    if (first && on_synced_) on_synced_(*view);
    if (!first && on_view_)
        on_view_(std::make_shared<const Announcement>(Announcement{
            view, std::exchange(tip_moved_, false), std::move(touched), std::move(touched_txs)}));
    tip_moved_ = false;
    spdlog::trace("view {}: height {}, announced", view->serial, view->tip.height.value);
}

void Indexer::Impl::UpdateStatus() {
    const std::lock_guard lock(shared_mutex_);
    if (const auto& tip = processor_.GetTip()) status_.tip = tip;  // else a build's, if any
    status_.node_height = node_height_;
    status_.best_header = best_header_;
    status_.synced = synced_;
    status_.mempool_txs = mempool_.size();
    status_.block_bytes_done = bytes_done_;
    status_.utxo_count = processor_.UtxoCount();
}

Indexer::Indexer(const Coin& coin, store::Store& store, IndexerOptions options)
    : impl_(std::make_unique<Impl>(coin, store, options)) {}
Indexer::~Indexer() = default;

void Indexer::SetSinks(AnnouncementSink on_view, std::function<void(const View&)> on_synced) {
    impl_->SetSinks(std::move(on_view), std::move(on_synced));
}
void Indexer::Run(BlockFeed& feed, MempoolSource& mempool) { impl_->Run(feed, mempool); }
void Indexer::Import(BlockArchive& archive) { impl_->Import(archive); }
std::optional<BlockArchive::Have> Indexer::Have() const { return impl_->Have(); }
void Indexer::Stop() { impl_->Inbox().Stop(); }
void Indexer::OnNodeEvent(const NodeEvent& event) { impl_->Inbox().Post(event); }
void Indexer::ForceReorg(std::uint32_t count, std::function<void(std::string error)> done) {
    impl_->Inbox().Post({count, std::move(done)});
}
IndexerStatus Indexer::Status() const { return impl_->Status(); }
ViewPtr Indexer::CurrentView() const { return impl_->CurrentView(); }

}  // namespace amber::index
