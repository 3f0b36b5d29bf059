#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace amber::server {

/// How far a first sync was at one moment.
struct ProgressSample {
    std::chrono::steady_clock::time_point time;
    std::uint32_t height = 0;
    std::uint32_t target_height = 0;  ///< of the node's headers; 0 if unknown
    std::uint64_t txs = 0;            ///< of the chain up to `height`
    std::uint64_t txs_target = 0;     ///< of the chain up to `target_height`; 0 if unknown
    std::uint64_t bytes = 0;          ///< of blocks, since this process started
    std::uint64_t bytes_target = 0;   ///< what `bytes` comes to in the end; 0 if unknown
    /// Work that follows the last block (a bulk build writes its tables): how much, measured by
    /// what all blocks take, and how much of that is done, 0 to 1.
    double tail = 0, tail_done = 0;
};

struct ProgressReading {
    std::uint32_t height = 0;
    std::uint32_t target_height = 0;  ///< 0 if unknown
    double fraction = 0;              ///< of the work: 0 .. 1, never falling; 0 at first
    double blocks_per_s = 0;
    double txs_per_s = 0;
    double bytes_per_s = 0;
    std::uint64_t bytes = 0, bytes_target = 0;  ///< as in the last sample
    std::optional<std::chrono::seconds> left;   ///< nothing while it cannot be told
};

/// Turns samples into speeds and time left. Blocks grow over a chain's life, so work is counted in
/// transactions; how many are to come is estimated, if unknown, from the bytes to come, or else
/// from how the count has grown with the height so far. Pure: reads no clock. Thread: one at a
/// time.
class ProgressMeter {
public:
    /// Samples may come as often as one likes; those within a second of each other are merged.
    void Add(const ProgressSample& sample);

    [[nodiscard]] ProgressReading Read() const;

private:
    /// The oldest sample not older than `span` before the newest, or the one just beyond.
    [[nodiscard]] const ProgressSample& Since(std::chrono::steady_clock::duration span) const;
    /// Transactions at the target height, known or estimated; nothing while it cannot be told.
    [[nodiscard]] std::optional<double> EstimateTxsTarget() const;
    /// How much of all blocks was read a second, lately.
    [[nodiscard]] std::optional<double> BlocksPerSecond() const;
    /// Seconds that the tail is still going to take, given that speed.
    [[nodiscard]] double TailLeft(double blocks_per_second) const;

    std::deque<ProgressSample> samples_;     ///< of the last kMemory, oldest first
    std::optional<double> txs_target_;       ///< as last told: it stays while no block comes
    std::optional<double> blocks_speed_;     ///< as last told: it stays during the tail
    std::optional<ProgressSample> in_tail_;  ///< the first sample with a part of the tail done
    double fraction_ = 0;
};

}  // namespace amber::server
