#pragma once
#include <array>
#include <cstdint>

#include "index/chain/bytes.h"

namespace amber::generator {

/// A taproot output (BIP341) that commits to one script, and the proof that a spend of it shows.
struct TaprootOutput {
    std::array<std::uint8_t, 32> output_key;
    std::array<std::uint8_t, 33> control_block;
};

/// The internal key is the point that BIP341 recommends for outputs without a key path.
/// Costs some 100 microseconds the first time for a script; then remembered, per thread, for good.
const TaprootOutput& TaprootOfScript(index::ByteView script);

}  // namespace amber::generator
