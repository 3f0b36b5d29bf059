#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

#include "index/indexer.h"
#include "server/console/progress_meter.h"

namespace amber::server {

/// How many transactions a chain has up to a height.
struct ChainCount {
    index::Height height;
    std::uint64_t txs = 0;
};

/// Where a sync stands, for the meter. `known`: of the node's chain, if it told.
ProgressSample SampleOf(const index::IndexerStatus& status,
                        std::chrono::steady_clock::time_point now,
                        const std::optional<ChainCount>& known = {});

}  // namespace amber::server
