#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>

namespace amber::server {

/// From what clients cost to what becomes of them. A unit of cost is a millisecond in which a
/// thread of ours was theirs.
struct CostRules {
    double soft = 0;  ///< 0: nobody is slowed
    double hard = 0;  ///< 0: cost counts for nothing

    [[nodiscard]] bool AreOn() const { return hard > 0; }
    /// 0 up to the soft limit, 1 from the hard limit on.
    [[nodiscard]] double Slowness(double cost) const;
};

/// What somebody has cost, less what has been forgiven since. It is kept as the moment at which all
/// will be forgiven, so that nobody has to go round and forgive. Thread-safe.
class CostAccount {
public:
    using Clock = std::chrono::steady_clock;
    /// Units in a second: a hundredth of a core is everybody's for nothing.
    static constexpr double kForgiven = 10;

    void Charge(double units, Clock::time_point now);
    [[nodiscard]] double Cost(Clock::time_point now) const;

private:
    std::atomic<Clock::rep> forgiven_at_{0};  ///< ticks since the clock's epoch
};

}  // namespace amber::server
