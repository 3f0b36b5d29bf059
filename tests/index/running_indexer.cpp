#include "tests/index/running_indexer.h"

#include <chrono>
#include <future>

#include "index/store/reader.h"
#include "index/tables/meta_table.h"

namespace amber::index {

namespace {
constexpr std::chrono::seconds kPatience(20);
}

RunningIndexer::RunningIndexer(const Coin& coin, store::Store& store, StagedNode& node,
                               IndexerOptions options)
    : indexer(coin, store, options), store_(store) {
    indexer.SetSinks(
        [this](const std::shared_ptr<const Announcement>& announcement) {
            Note([&] { announcements_.push_back(announcement); });
        },
        [this](const View&) { Note([&] { ++synced_; }); });
    thread_ = std::thread([this, &node] {
        std::string death;
        try {
            indexer.Run(node, node);
        } catch (const std::exception& error) {
            death = error.what();
        }
        Note([&] { death_ = death; });
    });
}

RunningIndexer::~RunningIndexer() { Stop(); }

void RunningIndexer::Note(const std::function<void()>& change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
}

std::string RunningIndexer::Stop() {
    indexer.Stop();
    if (thread_.joinable()) thread_.join();
    const std::lock_guard lock(mutex_);
    return death_.value_or("");
}

std::optional<std::string> RunningIndexer::Death() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return death_.has_value(); });
    return death_;
}

bool RunningIndexer::WaitFor(const std::function<bool(const View&)>& wanted) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
        const ViewPtr view = indexer.CurrentView();
        if (view && wanted(*view)) return true;
        std::unique_lock lock(mutex_);
        if (death_) return false;
        changed_.wait_for(lock, std::chrono::milliseconds(5));
    }
    return false;
}

bool RunningIndexer::WaitForTip(const BlockHash& tip) {
    return WaitFor([&](const View& view) { return view.tip.hash == tip && IsWritten(tip); });
}

bool RunningIndexer::IsWritten(const BlockHash& tip) const {
    const auto record =
        store::Reader(store_, store::Reach::disk).Get(store::Table::meta, tables::kStateKey);
    return record && tables::DecodeState(*record).tip.value_or(Tip{}).hash == tip;
}

bool RunningIndexer::FollowTo(const BlockHash& tip) {
    Tell(NodeEvent::Kind::tip_changed);
    return WaitForTip(tip);
}

void RunningIndexer::Tell(NodeEvent::Kind kind, const Txid& txid) {
    indexer.OnNodeEvent({kind, txid});
}

std::optional<std::string> RunningIndexer::ForceReorg(std::uint32_t count) {
    // Shared, as the answer may come after we gave up.
    const auto answer = std::make_shared<std::promise<std::string>>();
    auto future = answer->get_future();
    indexer.ForceReorg(count, [answer](std::string error) { answer->set_value(std::move(error)); });
    if (future.wait_for(kPatience) != std::future_status::ready) return std::nullopt;
    return future.get();
}

std::vector<std::shared_ptr<const Announcement>> RunningIndexer::Announcements() const {
    const std::lock_guard lock(mutex_);
    return announcements_;
}

std::size_t RunningIndexer::Synced() const {
    const std::lock_guard lock(mutex_);
    return synced_;
}

}  // namespace amber::index
