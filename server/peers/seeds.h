#pragma once
#include <vector>

#include "index/chain/coin.h"
#include "server/peers/peer_host.h"
#include "server/peers/peer_row.h"

namespace amber::server {

/// Public servers to begin with, where no others are known yet. Empty for a network that has none
/// (regtest).
std::vector<PeerHost> SeedsOf(const index::Coin& coin);

/// What a letter without a number means in lists of peers, as ElectrumX and Electrum have it; not
/// where servers listen by default.
UsualPorts UsualPortsOf(const index::Coin& coin);

}  // namespace amber::server
