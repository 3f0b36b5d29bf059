#include "server/app/sync_progress.h"

#include <cmath>

namespace amber::server {

namespace {

/// Transactions up to a height near one where they are known; 0: not known.
std::uint64_t TxsAt(index::Height height, const std::optional<ChainCount>& known) {
    constexpr double kNear = 0.01;
    if (!known || known->height.value == 0) return 0;
    const double ratio = static_cast<double>(height.value) / known->height.value;
    if (std::abs(ratio - 1) > kNear) return 0;
    return static_cast<std::uint64_t>(static_cast<double>(known->txs) * ratio);
}

}  // namespace

ProgressSample SampleOf(const index::IndexerStatus& status,
                        std::chrono::steady_clock::time_point now,
                        const std::optional<ChainCount>& known) {
    return {.time = now,
            .height = status.tip ? status.tip->height.value : 0,
            .target_height = status.best_header.value,
            .txs = status.tip ? status.tip->tx_count : 0,
            .txs_target = TxsAt(status.best_header, known),
            .bytes = status.block_bytes_done,
            .tail = status.tables ? status.tables->share : 0,
            .tail_done = status.tables ? status.tables->written : 0};
}

}  // namespace amber::server
