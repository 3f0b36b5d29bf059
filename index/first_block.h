#pragma once
#include "index/chain/coin.h"
#include "index/chain/hash.h"

namespace amber::index {

/// Throws FatalError if a chain that begins with this block is not the coin's.
void CheckFirstBlock(const Coin& coin, const BlockHash& hash);

}  // namespace amber::index
