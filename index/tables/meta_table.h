#pragma once
#include <optional>

#include "index/chain/coin.h"
#include "index/tables/row_bytes.h"
#include "index/tip.h"

// meta: "state" -> format version (4), genesis hash (32), utxo count (8), has tip (1),
//                  [height (4), tip hash (32), tx count (5)]
// On disk: frozen as far as the format version.
namespace amber::index::tables {

/// Raised whenever a row's grammar changes; older databases are then refused.
inline constexpr std::uint32_t kFormatVersion = 2;
inline constexpr std::string_view kStateKey = "state";

/// What the rows of all tables together describe. Written in the same batch as they are.
struct StateRecord {
    std::uint32_t format_version = kFormatVersion;
    BlockHash genesis;
    std::uint64_t utxo_count = 0;  ///< rows in `u`, and as many in `h`
    std::optional<Tip> tip;        ///< nothing before the first block
};

std::string EncodeState(const StateRecord& state);
/// Decodes no further than the version when that is not ours.
StateRecord DecodeState(std::string_view value);

}  // namespace amber::index::tables
