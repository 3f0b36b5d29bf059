#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "index/chain/strong.h"

namespace amber::daemon_client {

/// How many bytes all blocks of a chain have, about, by some of them at even distances.
class ChainSize {
public:
    /// Which blocks to ask for. Call once.
    std::vector<index::Height> Begin(index::Height tip) {
        blocks_ = std::uint64_t{tip.value} + 1;
        const std::uint64_t count = std::min(blocks_, kSamples);
        std::vector<index::Height> heights;
        for (std::uint64_t i = 0; i < count; ++i)
            heights.push_back({static_cast<std::uint32_t>((2 * i + 1) * blocks_ / (2 * count))});
        waiting_ = count;
        return heights;
    }
    /// So many answers came, or failed to, and in them blocks of these sizes.
    void Add(std::size_t answers, const std::vector<std::size_t>& block_bytes) {
        waiting_ -= answers;
        known_ += block_bytes.size();
        for (const std::size_t bytes : block_bytes) sum_ += bytes;
    }

    [[nodiscard]] bool HasBegun() const { return blocks_ > 0; }
    [[nodiscard]] bool IsDone() const { return HasBegun() && waiting_ == 0; }
    /// 0 while unknown.
    [[nodiscard]] std::uint64_t Bytes() const { return known_ == 0 ? 0 : sum_ * blocks_ / known_; }

private:
    static constexpr std::uint64_t kSamples = 16;
    std::uint64_t blocks_ = 0, waiting_ = 0, known_ = 0, sum_ = 0;
};

}  // namespace amber::daemon_client
