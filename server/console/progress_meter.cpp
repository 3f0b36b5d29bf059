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

double PerSecond(double amount, Seconds time) {
    return time.count() > 0 ? std::max(0.0, amount / time.count()) : 0;
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

    if (sample.target_height == 0) return;
    if (const auto target = EstimateTxsTarget()) txs_target_ = target;
    if (sample.height >= sample.target_height) {
        fraction_ = 1;
    } else if (txs_target_) {
        const double done = std::min(WorkDone(sample, *txs_target_) / (1 + sample.tail), 0.9999);
        // A node that learns of many new blocks starts the count anew.
        fraction_ = fraction_ == 1 ? done : std::max(fraction_, done);
    }
}

ProgressReading ProgressMeter::Read() const {
    ProgressReading reading;
    if (samples_.empty()) return reading;
    const ProgressSample& now = samples_.back();
    reading.height = now.height;
    reading.target_height = std::max(now.height, now.target_height);
    reading.fraction = fraction_;

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
    const ProgressSample& first = samples_.front();
    if (!txs_target_) return reading;
    const double done = WorkDone(now, *txs_target_);
    const double speed = PerSecond(done - WorkDone(first, *txs_target_), now.time - first.time);
    if (speed > 0) {
        // At least one transaction per block is to come.
        const double least = static_cast<double>(now.target_height - now.height) / *txs_target_;
        const double left = std::max(1 + now.tail - done, least) / speed;
        constexpr double kLongest = 1e9;
        reading.left = std::chrono::seconds(std::llround(std::min(left, kLongest)));
    }
    return reading;
}

const ProgressSample& ProgressMeter::Since(std::chrono::steady_clock::duration span) const {
    const auto start = samples_.back().time - span;
    auto sample = std::find_if(samples_.begin(), samples_.end(),
                               [&](const ProgressSample& each) { return each.time > start; });
    if (sample != samples_.begin()) --sample;
    return *sample;
}

double ProgressMeter::WorkDone(const ProgressSample& sample, double txs_target) {
    return std::min(static_cast<double>(sample.txs) / txs_target, 1.0) +
           sample.tail * sample.tail_done;
}

/// The count of a chain grows about as height^k; two points give k. It is at least 1, and cut at 3,
/// which blocks cannot keep up as they have a largest size: on Bitcoin's mainnet that gives the
/// true count within a factor of two from height 200,000 on, and exactly for blocks that stay the
/// same.
std::optional<double> ProgressMeter::EstimateTxsTarget() const {
    const ProgressSample& now = samples_.back();
    if (now.time - samples_.front().time < kTooEarly) return std::nullopt;
    if (now.txs_target > 0) return static_cast<double>(now.txs_target);
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
