#pragma once
#include "index/chain/coin.h"
#include "index/ports/block_feed.h"

namespace amber::index {

/// Whether the node says itself that it does not have the chain yet, so that what it has is nothing
/// to serve: it knows of more headers than blocks, or of nothing at all, as before its first peer.
/// On regtest genesis alone can be all there is.
inline bool IsStillSyncing(const NodeTip& node, const Coin& coin) {
    return node.initial_download && (node.best_header > node.height ||
                                     (node.height.value == 0 && coin.network != "regtest"));
}

}  // namespace amber::index
