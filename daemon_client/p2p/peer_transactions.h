#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon_client/p2p/peer_fetcher.h"
#include "index/chain/coin.h"
#include "index/ports/wallet_node.h"

namespace amber::daemon_client {

/// Raw transactions of blocks, where there is neither a node's RPC nor its files: the block is
/// fetched from a peer, the transaction cut out and held against its txid.
/// Bounds: the last blocks are kept, `kKeptMax` and `kKeptBytes` of them; `kBlocksMax` blocks are
/// being fetched, and `kWaitingMax` requests wait for them; more is answered `overloaded`.
/// Thread-safe.
class PeerTransactions {
public:
    static constexpr std::size_t kKeptMax = 8;
    static constexpr std::size_t kKeptBytes = std::size_t{16} << 20;
    static constexpr std::size_t kBlocksMax = 16;
    static constexpr std::size_t kWaitingMax = 1024;

    using Place = index::WalletNode::Place;
    using Done = index::WalletNode::Text;

    /// Both outlive it, and `fetcher` must be stopped before this object is destroyed.
    PeerTransactions(const index::Coin& coin, PeerFetcher& fetcher)
        : coin_(coin), fetcher_(fetcher) {}

    /// `done` runs exactly once, on the peers' thread or at once on the caller's: the transaction
    /// as hex. Refused with -1, as by a node that has pruned it, if no peer has the block.
    void Get(const index::Txid& txid, const Place& place, Done done);

private:
    struct Kept {
        index::BlockHash hash;
        index::Bytes raw;
        std::vector<std::uint32_t> offsets;  ///< of its transactions; last, where it ends
    };
    using KeptPtr = std::shared_ptr<const Kept>;
    struct Waiting {
        index::Txid txid;
        std::uint32_t position = 0;
        Done done;
    };

    void OnBlock(const index::BlockHash& hash, PeerResult<std::vector<index::Bytes>> blocks);
    /// With mutex_ held: null if it is not kept.
    [[nodiscard]] KeptPtr Recall(const index::BlockHash& hash);
    /// With mutex_ held.
    void Keep(KeptPtr block);
    /// It is not what it should be: to be fetched again when it is asked for.
    void Forget(const index::BlockHash& hash);
    [[nodiscard]] index::NodeResult<KeptPtr> Open(
        const index::BlockHash& hash, PeerResult<std::vector<index::Bytes>> blocks) const;
    [[nodiscard]] index::NodeResult<std::string> Cut(const Kept& block, const index::Txid& txid,
                                                     std::uint32_t position) const;

    const index::Coin& coin_;
    PeerFetcher& fetcher_;

    std::mutex mutex_;         // guards what follows; not held while a handler runs
    std::list<KeptPtr> kept_;  ///< asked for last first
    std::size_t kept_bytes_ = 0;
    std::map<index::BlockHash, std::vector<Waiting>> fetching_;
    std::size_t waiting_ = 0;  ///< in all of these
};

}  // namespace amber::daemon_client
