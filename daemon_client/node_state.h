#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "daemon_client/rpc_text.h"
#include "index/chain/strong.h"
#include "index/ports/block_feed.h"

namespace amber::daemon_client {

/// What getblockchaininfo says.
struct NodeState {
    index::NodeTip tip;
    std::string chain;  ///< "main", "regtest", ...
    bool pruned = false;
};

/// Nothing if `getblockchaininfo` is not what that call answers.
std::optional<NodeState> ReadNodeState(std::string_view getblockchaininfo);

/// The answer of getblockcount.
index::NodeResult<index::Height> ReadCount(const RpcResult& getblockcount);

}  // namespace amber::daemon_client
