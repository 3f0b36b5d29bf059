#pragma once
#include <span>
#include <vector>

#include "daemon_client/rpc_client.h"
#include "index/ports/mempool_source.h"

namespace amber::daemon_client {

/// The node's mempool by RPC. Thread-safe; calls block.
/// A node that runs with txindex also gives transactions that were mined since they were listed;
/// the tip has changed then, so the caller lists again.
class MempoolReader final : public index::MempoolSource {
public:
    explicit MempoolReader(RpcClient& client) : client_(client) {}

    [[nodiscard]] index::NodeResult<Listing> List() override;
    [[nodiscard]] index::NodeResult<std::vector<std::optional<index::Bytes>>> Fetch(
        std::span<const index::Txid> txids) override;

private:
    RpcClient& client_;
};

}  // namespace amber::daemon_client
