#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "index/chain/outpoint.h"
#include "index/store/store.h"
#include "index/utxo_cache.h"

namespace amber::index {

/// What somebody has looked up before: an output that is unspent in the tables, by its outpoint.
/// Nothing if it is not known, which says nothing about whether it exists.
using KnownOutputs = std::function<std::optional<UnspentOutput>(const OutPoint&)>;

/// Looks up outputs that a block spends (FindUnspent, Certainty::trust_single), in the order of
/// `outpoints`. Many are looked up by several threads, so that a disk has many reads at once.
/// Throws what Reader throws.
std::vector<std::optional<UnspentOutput>> FindSpentOutputs(const store::Store& store,
                                                           const std::vector<OutPoint>& outpoints);

}  // namespace amber::index
