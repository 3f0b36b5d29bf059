#pragma once
#include <functional>
#include <optional>

#include "index/chain/coin.h"
#include "index/store/reader.h"
#include "index/tip.h"

namespace amber::index {

/// Holds the headers and txids of an index against each other: every header has the hash that
/// stands beside it, follows the one before, begins with the coin's genesis block, and commits to
/// the txids of its block; the last one is the tip that the state record names. So no byte of
/// either table is another than it was, wherever it lies. Returns the tip; nothing of an empty
/// index. Throws StoreError naming the block. Thread-safe. `progress` hears the height now and
/// then.
std::optional<Tip> CheckChain(const Coin& coin, const store::Reader& reader,
                              const std::function<void(Height)>& progress);

}  // namespace amber::index
