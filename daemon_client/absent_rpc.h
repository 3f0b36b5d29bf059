#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon_client/p2p/peer_transactions.h"
#include "index/ports/block_feed.h"
#include "index/ports/mempool_source.h"
#include "index/ports/wallet_node.h"

// What stands in for a node's RPC where there is none and blocks come from peers.
namespace amber::daemon_client {

/// No unconfirmed transaction, at the tip of the chain that is followed. Thread-safe if the feed
/// is.
class EmptyMempool final : public index::MempoolSource {
public:
    explicit EmptyMempool(index::BlockFeed& blocks) : blocks_(blocks) {}

    [[nodiscard]] index::NodeResult<Listing> List() override;
    [[nodiscard]] index::NodeResult<std::vector<std::optional<index::Bytes>>> Fetch(
        std::span<const index::Txid> txids) override;

private:
    index::BlockFeed& blocks_;
};

/// Raw transactions of blocks come from peers; all else is answered at once with
/// NodeError::absent.
class AbsentWalletNode final : public index::WalletNode {
public:
    /// `transactions` outlives it.
    explicit AbsentWalletNode(PeerTransactions& transactions) : transactions_(transactions) {}

    void Broadcast(std::string raw_tx_hex, Text done) override;
    void BroadcastPackage(std::vector<std::string> raw_tx_hex, Text done) override;
    void TestAccept(std::vector<std::string> raw_tx_hex, Text done) override;
    void EstimateFee(int blocks, std::string mode, Callback<double> done) override;
    void GetFeeFloors(Callback<FeeFloors> done) override;
    void RawTransaction(index::Txid txid, std::optional<Place> place, Text done) override;
    void VerboseTransaction(index::Txid txid, std::optional<index::BlockHash> block,
                            Text done) override;
    Software LastSeenSoftware() const override { return {}; }

private:
    PeerTransactions& transactions_;
};

}  // namespace amber::daemon_client
