#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace amber::bench {

/// Latencies in nanoseconds, kept to within 1.6 %: 64 steps for each power of two. Cheap to add to.
class LatencyHistogram {
public:
    void Add(std::uint64_t ns) {
        ++steps_[StepOf(ns)];
        ++count_;
        max_ = std::max(max_, ns);
    }

    void Add(const LatencyHistogram& other) {
        for (std::size_t i = 0; i < kSteps; ++i) steps_[i] += other.steps_[i];
        count_ += other.count_;
        max_ = std::max(max_, other.max_);
    }

    [[nodiscard]] std::uint64_t Count() const { return count_; }
    [[nodiscard]] std::uint64_t Max() const { return max_; }

    /// The least step that `part` (0 to 1) of all latencies do not exceed; 0 if there are none.
    [[nodiscard]] std::uint64_t Quantile(double part) const {
        const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(count_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < kSteps; ++i) {
            seen += steps_[i];
            if (seen > wanted) return std::min(max_, EndOf(i));
        }
        return max_;
    }

private:
    static constexpr unsigned kBits = 6;
    static constexpr std::size_t kSteps = (64 - kBits + 1) << kBits;

    static std::size_t StepOf(std::uint64_t ns) {
        if (ns < (1u << kBits)) return ns;
        const auto shift = static_cast<unsigned>(std::bit_width(ns)) - kBits - 1;
        return (std::size_t{shift} << kBits) + (ns >> shift);
    }
    static std::uint64_t EndOf(std::size_t step) {
        if (step < (2u << kBits)) return step;
        const std::size_t shift = (step >> kBits) - 1;
        return (((step & ((1u << kBits) - 1)) + (1u << kBits) + 1) << shift) - 1;
    }

    std::array<std::uint64_t, kSteps> steps_{};
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace amber::bench
