#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "index/chain/hash.h"
#include "index/ports/node_error.h"

namespace amber::index {

/// What wallets ask of the node through us. All calls return at once and are thread-safe; the
/// callback runs exactly once, on a thread of the implementation, and must not block. Texts in
/// JSON are handed on unparsed: they are the node's own words.
class WalletNode {
public:
    virtual ~WalletNode() = default;

    template <class T>
    using Callback = std::function<void(NodeResult<T>)>;
    using Text = Callback<std::string>;

    struct FeeFloors {  ///< getmempoolinfo, in BTC per 1,000 virtual bytes
        double mempool_min = 0, relay_min = 0, incremental_relay = 0;
    };

    /// Where a confirmed transaction stands.
    struct Place {
        BlockHash block;
        std::uint32_t position = 0;  ///< within the block; the coinbase's is 0
    };

    /// sendrawtransaction; answers the txid as the node prints it.
    virtual void Broadcast(std::string raw_tx_hex, Text done) = 0;
    /// submitpackage; answers the node's result object as JSON text.
    virtual void BroadcastPackage(std::vector<std::string> raw_tx_hex, Text done) = 0;
    /// testmempoolaccept; answers the node's result array as JSON text.
    virtual void TestAccept(std::vector<std::string> raw_tx_hex, Text done) = 0;
    /// estimatesmartfee in BTC/kvB; -1 where the node has no estimate. `mode` is empty or
    /// CONSERVATIVE or ECONOMICAL.
    virtual void EstimateFee(int blocks, std::string mode, Callback<double> done) = 0;
    virtual void GetFeeFloors(Callback<FeeFloors> done) = 0;
    /// Raw transaction as hex. Where it stands in the chain, if that is known: then the node needs
    /// no txindex; without it only the node's mempool is searched.
    virtual void RawTransaction(Txid txid, std::optional<Place> place, Text done) = 0;
    /// getrawtransaction with verbosity 1, as JSON text. `block` is the one that holds it, if
    /// known.
    virtual void VerboseTransaction(Txid txid, std::optional<BlockHash> block, Text done) = 0;
    /// getnetworkinfo: version (290400) and subversion ("/Satoshi:29.4.0/") as last seen.
    struct Software {
        int version = 0;
        std::string subversion;
    };
    virtual Software LastSeenSoftware() const = 0;
};

}  // namespace amber::index
