#include "index/first_sync.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "index/cpu_time.h"
#include "index/still_syncing.h"

namespace amber::index {

using std::chrono::milliseconds;

namespace {

constexpr std::size_t kBatchBytes = 16 << 20;
constexpr milliseconds kBlockWait(1000);
constexpr milliseconds kTroubleWait(1000);
/// Disk used, of the bytes of blocks. On a chain of mainnet's shape 0.75 at the peak, when outputs
/// and spends are matched, and 0.45 in the end; the peak would be 1.13 if no output was spent in
/// memory.
constexpr double kPeakDisk = 1.2;
constexpr double kFinalDisk = 0.5;
constexpr int kProgressSteps = 10;
/// Before there is anything to measure.
constexpr double kUsualTablesShare = 0.5;
constexpr std::chrono::seconds kTooEarly(1);
constexpr std::chrono::duration<double> kTick(1e-3);

std::uint64_t Gigabytes(double bytes) { return static_cast<std::uint64_t>(bytes / 1e9) + 1; }

}  // namespace

void FirstSync::Run(const Listener& listener) {
    if (options_.bulk_folder.empty()) return;
    milliseconds wait(0);
    while (!listener.stopping()) {
        for (const auto& request : listener.take_mail(wait).reorgs)
            request.done("still catching up with the node; try again when synced");
        const auto node = feed_.Tip();
        const Step step = node ? TakeStep(*node, listener) : Step::wait;
        if (step == Step::done) break;
        wait = step == Step::again ? milliseconds(0) : kTroubleWait;
    }
    if (builder_) builder_->Save();
    builder_.reset();
}

FirstSync::Step FirstSync::TakeStep(const NodeTip& node, const Listener& listener) {
    if (!builder_) {
        if (!bulk::BulkBuilder::IsUnderWay(options_.bulk_folder)) {
            const Worth worth = IsWorthIt(node);
            if (worth == Worth::not_yet) return WaitForBlocks(node, listener);
            if (worth == Worth::no) return Step::done;
        }
        builder_.emplace(coin_, store_, options_.bulk_folder, options_.cache_bytes);
        if (const auto& tip = builder_->GetTip())
            spdlog::info("going on with the first sync at height {}", tip->height.value);
        met_ = false;
        reading_since_ = std::chrono::steady_clock::now();
        reading_cpu_ = ProcessCpuTime();
    }
    const double tables_share = TablesShare();
    listener.moved(node, builder_->GetTip(), bytes_done_, tables_share);
    if (builder_->TablesBegun()) {
        Finish(listener);
        return Step::done;
    }
    const Height end = EndFor(node);
    if (builder_->NextHeight() >= end) {
        const bool more_to_come = node.initial_download &&
                                  node.best_header.value > node.height.value + options_.reorg_limit;
        if (more_to_come) return Step::wait;
        Finish(listener);
        return Step::done;
    }
    if (!met_) MeetNodeChain();
    for (const Block& block : feed_.Take(kBatchBytes, kBlockWait)) {
        if (builder_->NextHeight() >= end || listener.stopping()) break;
        const auto& tip = builder_->GetTip();
        if (tip && block.previous != tip->hash) {
            met_ = false;
            break;
        }
        const auto begin = std::chrono::steady_clock::now();
        builder_->Connect(block);
        adding_ += std::chrono::steady_clock::now() - begin;
        bytes_done_ += block.raw.size();
        listener.moved(node, builder_->GetTip(), bytes_done_, tables_share);
    }
    return Step::again;
}

FirstSync::Step FirstSync::WaitForBlocks(const NodeTip& node, const Listener& listener) {
    if (!std::exchange(waiting_said_, true))
        spdlog::info(
            "the node is still reading the chain: the first sync begins when it has {} MB of "
            "blocks, or all",
            options_.bulk_from_bytes / 1'000'000);
    // It may come to be that no tables are to be written at the end.
    listener.moved(node, std::nullopt, 0, 0);
    return Step::wait;
}

FirstSync::Worth FirstSync::IsWorthIt(const NodeTip& node) const {
    if (node.block_bytes < options_.bulk_from_bytes || EndFor(node).value == 0)
        return IsStillSyncing(node, coin_) ? Worth::not_yet : Worth::no;
    std::error_code error;
    const auto space = std::filesystem::space(options_.bulk_folder.parent_path(), error);
    const auto bytes = static_cast<double>(node.block_bytes);
    if (!error && static_cast<double>(space.available) < bytes * kPeakDisk) {
        spdlog::warn(
            "building in bulk needs about {} GB of disk for a while, there are {} GB: the first "
            "sync takes the slower way, which needs {} GB",
            Gigabytes(bytes * kPeakDisk), space.available / 1'000'000'000,
            Gigabytes(bytes * kFinalDisk));
        return Worth::no;
    }
    spdlog::info("first sync in bulk: about {} GB of disk while it is built, {} GB in the end",
                 Gigabytes(bytes * kPeakDisk), Gigabytes(bytes * kFinalDisk));
    return Worth::yes;
}

Height FirstSync::EndFor(const NodeTip& node) const {
    return {node.height.value - std::min(node.height.value, options_.reorg_limit)};
}

/// Tables are written by all processors. So fast, at least, as those that add rows are while blocks
/// come; and by as much of the processors as we have had then, while we did not wait for blocks.
double FirstSync::TablesShare() const {
    const std::chrono::duration<double> reading = std::chrono::steady_clock::now() - reading_since_;
    const auto tables = builder_->TablesByAdding();
    if (reading < kTooEarly || !tables) return kUsualTablesShare;
    const double processors = std::max(1u, std::thread::hardware_concurrency());
    const double by_adders = static_cast<double>(builder_->AddingThreads()) / processors;
    const std::chrono::duration<double> cpu = ProcessCpuTime() - reading_cpu_;
    const double by_cpu = builder_->AddingCpu() / std::max(cpu, kTick);
    return *tables * std::min(by_adders, by_cpu) * (adding_ / reading);
}

void FirstSync::MeetNodeChain() {
    if (const auto& tip = builder_->GetTip()) {
        const auto theirs = feed_.Hashes(tip->height, 1);
        if (!theirs) return;  // asked again
        if (theirs->empty() || theirs->front() != tip->hash)
            throw FatalError("the node's chain no longer holds block " + ToDisplayHex(tip->hash) +
                             " at height " + std::to_string(tip->height.value) +
                             ", up to which the first sync has come. Check that the node is on the "
                             "right chain; then delete " +
                             options_.bulk_folder.string() + " and sync again");
    }
    feed_.Restart(builder_->NextHeight());
    met_ = true;
}

void FirstSync::Finish(const Listener& listener) {
    spdlog::info("first sync: {} transactions read, now the tables are written",
                 builder_->GetTip().value_or(Tip{}).tx_count);
    int said = 0;
    const bool finished = builder_->Finish([&](double part) {
        const int step = static_cast<int>(part * kProgressSteps);
        if (step > said && step < kProgressSteps) spdlog::info("tables: {} %", step * 10);
        said = std::max(said, step);
        listener.writing(part);
        return !listener.stopping();
    });
    builder_.reset();
    if (finished) spdlog::info("tables: written");
}

}  // namespace amber::index
