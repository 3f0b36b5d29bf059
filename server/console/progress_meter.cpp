#include "server/console/progress_meter.h"

#include <algorithm>
#include <cmath>

namespace amber::server {
namespace {

using Seconds = std::chrono::duration<double>;
using namespace std::chrono_literals;

/// Speeds are shown over the last seconds; time left is told from minutes, as writing goes in
/// bursts.
constexpr auto kShown = 15s;
constexpr auto kMemory = 300s;
constexpr auto kMerge = 1s;
/// Nothing is foretold before that: the first batches are no measure.
constexpr auto kTooEarly = 5s;
/// From this part of the tail on it is foretold from itself alone.
constexpr double kTailTold = 0.4;

double PerSecond(double amount, Seconds time) {
    return time.count() > 0 ? std::max(0.0, amount / time.count()) : 0;
}

/// Of all blocks, the part that was read.
double BlocksDone(const ProgressSample& sample, double txs_target) {
    return std::min(static_cast<double>(sample.txs) / txs_target, 1.0);
}

double Grown(std::uint64_t from, std::uint64_t to) {
    return static_cast<double>(to) - static_cast<double>(from);
}

}  // namespace

void ProgressMeter::Add(const ProgressSample& sample) {
    if (!samples_.empty() && sample.time < samples_.back().time) return;
    // The newest sample is always kept as it is; the one before it is replaced while it is young.
    if (samples_.size() >= 2 &&
        samples_.back().time - samples_[samples_.size() - 2].time < kMerge) {
        samples_.back() = sample;
    } else {
        samples_.push_back(sample);
    }
    while (samples_.size() > 2 && sample.time - samples_[1].time >= kMemory) samples_.pop_front();

    if (!in_tail_ && sample.tail_done > 0) in_tail_ = sample;
    if (sample.target_height == 0) return;
    if (const auto target = EstimateTxsTarget()) txs_target_ = target;
    const auto speed = BlocksPerSecond();
    if (speed || sample.tail_done == 0) blocks_speed_ = speed;
    if (sample.height >= sample.target_height) {
        fraction_ = 1;
    } else if (txs_target_) {
        const double work = BlocksDone(sample, *txs_target_) + sample.tail * sample.tail_done;
        const double done = std::min(work / (1 + sample.tail), 0.9999);
        // A node that learns of many new blocks starts the count anew.
        fraction_ = fraction_ == 1 ? done : std::max(fraction_, done);
    }
}

ProgressReading ProgressMeter::Read() const {
    ProgressReading reading;
    if (samples_.empty()) return reading;
    const ProgressSample& now = samples_.back();
    reading.height = now.height;
    if (now.target_height != 0) reading.target_height = std::max(now.height, now.target_height);
    reading.fraction = fraction_;
    reading.bytes = now.bytes;
    reading.bytes_target = now.bytes_target;

    const ProgressSample& shown = Since(kShown);
    const Seconds shown_time = now.time - shown.time;
    reading.blocks_per_s = PerSecond(Grown(shown.height, now.height), shown_time);
    reading.txs_per_s = PerSecond(Grown(shown.txs, now.txs), shown_time);
    reading.bytes_per_s = PerSecond(Grown(shown.bytes, now.bytes), shown_time);

    if (now.target_height == 0) return reading;
    if (now.height >= now.target_height) {
        reading.left = 0s;
        return reading;
    }
    if (!txs_target_ || !blocks_speed_) return reading;
    // At least one transaction per block is to come.
    const double least = static_cast<double>(now.target_height - now.height) / *txs_target_;
    const double blocks = std::max(1 - BlocksDone(now, *txs_target_), least) / *blocks_speed_;
    constexpr double kLongest = 1e9;
    reading.left =
        std::chrono::seconds(std::llround(std::min(blocks + TailLeft(*blocks_speed_), kLongest)));
    return reading;
}

std::optional<double> ProgressMeter::BlocksPerSecond() const {
    const ProgressSample& now = samples_.back();
    if (!txs_target_) return std::nullopt;
    // The tail and what comes after it are other work: each is measured by itself.
    const auto first = std::find_if(samples_.begin(), samples_.end(), [&](const auto& each) {
        return each.tail_done == now.tail_done;
    });
    const double speed = PerSecond(BlocksDone(now, *txs_target_) - BlocksDone(*first, *txs_target_),
                                   now.time - first->time);
    return speed > 0 ? std::optional(speed) : std::nullopt;
}

/// Foretold from the blocks at first, and more and more from itself.
double ProgressMeter::TailLeft(double blocks_per_second) const {
    const ProgressSample& now = samples_.back();
    const double to_do = 1 - now.tail_done;
    const double foretold = now.tail * to_do / blocks_per_second;
    if (!in_tail_ || now.tail_done <= in_tail_->tail_done) return foretold;
    const Seconds time = now.time - in_tail_->time;
    const double measured = to_do * time.count() / (now.tail_done - in_tail_->tail_done);
    const double trust = std::min(now.tail_done / kTailTold, 1.0);
    return trust * measured + (1 - trust) * foretold;
}

const ProgressSample& ProgressMeter::Since(std::chrono::steady_clock::duration span) const {
    const auto start = samples_.back().time - span;
    auto sample = std::find_if(samples_.begin(), samples_.end(),
                               [&](const ProgressSample& each) { return each.time > start; });
    if (sample != samples_.begin()) --sample;
    return *sample;
}

/// The count of a chain grows about as height^k; two points give k. It is at least 1, and cut at 3,
/// which blocks cannot keep up as they have a largest size: on Bitcoin's mainnet that gives the
/// true count within a factor of two from height 200,000 on, and exactly for blocks that stay the
/// same.
std::optional<double> ProgressMeter::EstimateTxsTarget() const {
    const ProgressSample& now = samples_.back();
    if (now.time - samples_.front().time < kTooEarly) return std::nullopt;
    if (now.txs_target > 0) return static_cast<double>(now.txs_target);
    if (now.bytes_target > 0 && now.bytes > 0) {
        // A process that went on from where another ended has read only a part of its transactions.
        const double per_byte = Grown(samples_.front().txs, now.txs) /
                                std::max(1.0, Grown(samples_.front().bytes, now.bytes));
        return static_cast<double>(now.txs) + per_byte * Grown(now.bytes, now.bytes_target);
    }
    const auto early = std::find_if(samples_.begin(), samples_.end(), [](const auto& each) {
        return each.height > 0 && each.txs > 0;
    });
    if (early == samples_.end() || early->height >= now.height || early->txs > now.txs) {
        return std::nullopt;
    }
    const auto txs = static_cast<double>(now.txs);
    const double log_txs = std::log(txs / static_cast<double>(early->txs));
    const double log_height = std::log(static_cast<double>(now.height) / early->height);
    const double power = std::clamp(log_txs / log_height, 1.0, 3.0);
    return txs * std::pow(static_cast<double>(now.target_height) / now.height, power);
}

}  // namespace amber::server
