#pragma once
#include "daemon_client/node_report.h"
#include "daemon_client/rpc_client.h"
#include "index/chain/coin.h"
#include "index/ports/node_error.h"

namespace amber::daemon_client {

/// Asks the current daemon what it is and whether Amber can follow it. Blocks.
/// An error: it could not be asked; try again.
index::NodeResult<NodeReport> CheckNode(RpcClient& client, const index::Coin& coin);

}  // namespace amber::daemon_client
