#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "index/chain/transaction.h"

namespace amber::index {

/// [fee rate in sat/vB, virtual bytes], rates strictly descending (protocol.md 5.17).
using FeeHistogram = std::vector<std::pair<double, std::uint64_t>>;

struct FeeAndSize {
    Amount fee = 0;
    std::uint32_t vsize = 0;
};

/// Rates are floored to 0.1 sat/vB; bins start at `first_bin` virtual bytes and grow by a tenth
/// each; what does not fill the last bin is left out, as ElectrumX does.
FeeHistogram MakeFeeHistogram(const std::vector<FeeAndSize>& txs, std::uint64_t first_bin = 30'000);

}  // namespace amber::index
