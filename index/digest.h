#pragma once
#include <array>
#include <string>

#include "index/chain/hash.h"
#include "index/store/reader.h"

namespace amber::index {

/// One hash per table over its logical rows, in key order; history rows expanded to single entries,
/// so that it does not matter how they were packed. Two indexes of the same chain agree in `total`,
/// however they were built. The undo table is left out of it: how far back it reaches depends on
/// when the node's tip was where.
struct Digest {
    std::array<StatusHash, store::kTableCount> tables;
    std::array<std::uint64_t, store::kTableCount> rows{};
    StatusHash total;
};

/// Reads everything: seconds to hours. Thread-safe.
Digest ComputeDigest(const store::Reader& reader);

}  // namespace amber::index
