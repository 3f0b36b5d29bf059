#pragma once
#include <optional>
#include <string>
#include <vector>

#include "daemon_client/node_files.h"
#include "daemon_client/rpc_client.h"
#include "index/ports/wallet_node.h"

namespace amber::daemon_client {

/// What wallets ask of the node, by RPC; raw transactions of blocks from its files where possible.
/// Adapts to the version of the node where its calls changed.
/// Handlers run on the io thread or on one of NodeFiles.
class WalletGateway final : public index::WalletNode {
public:
    /// Both outlive it.
    WalletGateway(RpcClient& client, NodeFiles& files) : client_(client), files_(files) {}

    void Broadcast(std::string raw_tx_hex, Text done) override;
    void BroadcastPackage(std::vector<std::string> raw_tx_hex, Text done) override;
    void TestAccept(std::vector<std::string> raw_tx_hex, Text done) override;
    void EstimateFee(int blocks, std::string mode, Callback<double> done) override;
    void GetFeeFloors(Callback<FeeFloors> done) override;
    void RawTransaction(index::Txid txid, std::optional<Place> place, Text done) override;
    void VerboseTransaction(index::Txid txid, std::optional<index::BlockHash> block,
                            Text done) override;
    Software LastSeenSoftware() const override;

private:
    void AskNetworkForFloors(FeeFloors known, Callback<FeeFloors> done);

    RpcClient& client_;
    NodeFiles& files_;
};

}  // namespace amber::daemon_client
