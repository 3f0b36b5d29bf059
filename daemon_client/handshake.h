#pragma once
#include <span>
#include <string>
#include <vector>

#include "daemon_client/rpc_text.h"
#include "index/chain/coin.h"
#include "index/ports/node_error.h"

namespace amber::daemon_client {

/// What a daemon says it is.
struct NodeVersion {
    int number = 0;  ///< as getnetworkinfo has it
    std::string subversion;
};

/// What a daemon is asked before it is used.
std::vector<RpcRequest> HandshakeRequests();

/// Reads its answers, as many as requests: who it is, or why it is not to be used. `label` names it
/// in the error.
index::NodeResult<NodeVersion> ReadHandshake(const index::Coin& coin, const std::string& label,
                                             std::span<const RpcResult> answers);

}  // namespace amber::daemon_client
