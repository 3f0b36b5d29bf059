#pragma once
#include <cstdint>

#include "index/chain/hash.h"

namespace amber::index {

/// How many hashes it takes, on average, to find something. Sums of all blocks of a chain fit.
__extension__ using Work = unsigned __int128;

// Targets are given in compact form ("bits" of a header): m * 256^(e - 3), where e is the highest
// byte and m the other three, of which the highest bit is a sign.

/// The work that a block of this target proves; 0 where no hash can meet it (zero, negative, over
/// 256 bits). Targets below 2^136 count as 2^100: no chain is near.
[[nodiscard]] Work WorkOf(std::uint32_t target_bits);

/// Whether `hash`, as a little-endian number, is no larger than the target.
[[nodiscard]] bool MeetsTarget(const BlockHash& hash, std::uint32_t target_bits);

}  // namespace amber::index
