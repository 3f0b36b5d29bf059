#include "server/limits/cost_account.h"

#include <algorithm>

namespace amber::server {

using Seconds = std::chrono::duration<double>;

double CostRules::Slowness(double cost) const {
    if (!AreOn() || soft <= 0) return 0;
    if (cost >= hard) return 1;
    return cost <= soft ? 0 : (cost - soft) / (hard - soft);
}

void CostAccount::Charge(double units, Clock::time_point now) {
    const auto longer =
        std::chrono::duration_cast<Clock::duration>(Seconds(units / kForgiven)).count();
    const Clock::rep earliest = now.time_since_epoch().count();
    Clock::rep at = forgiven_at_.load(std::memory_order_relaxed);
    while (!forgiven_at_.compare_exchange_weak(at, std::max(at, earliest) + longer,
                                               std::memory_order_relaxed)) {
    }
}

double CostAccount::Cost(Clock::time_point now) const {
    const Clock::duration left(forgiven_at_.load(std::memory_order_relaxed) -
                               now.time_since_epoch().count());
    return std::max(0.0, Seconds(left).count()) * kForgiven;
}

}  // namespace amber::server
