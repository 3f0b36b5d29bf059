#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon_client/node_files.h"
#include "daemon_client/node_options.h"
#include "daemon_client/p2p/spare_peers.h"
#include "daemon_client/rpc_client.h"
#include "index/chain/bytes.h"
#include "index/chain/hash.h"
#include "index/ports/node_error.h"

namespace amber::daemon_client {

/// Raw blocks by hash: with Source::automatic out of the node's files where they can be read;
/// else as binary by REST where the daemon has it; else from a peer, if there is one; else as hex
/// by RPC (decision 0016 has what each costs). Finds out which, again for each epoch of the
/// RpcClient (a node may be restarted with other options). What a peer does not send, RPC does.
/// Thread-safe; handlers run on the io thread, the peers' or one of NodeFiles, or at once on the
/// caller after Stop().
class BlockFetcher {
public:
    /// In place of the daemon's epoch, of blocks that were read from files, or came from peers.
    static constexpr std::uint64_t kFromFiles = 0;
    static constexpr std::uint64_t kFromPeers = ~std::uint64_t{0};

    /// `peers` may be null; else all outlive it.
    BlockFetcher(RpcClient& client, NodeFiles& files, Source source, SparePeers* peers = nullptr)
        : client_(client), files_(files), source_(source), peers_(peers) {}

    /// The blocks in the order asked, as yet unchecked. Refused with -5 or -1 if the daemon does
    /// not have one of them (any more): the message says why.
    using Done =
        std::function<void(index::NodeResult<std::vector<index::Bytes>>, std::uint64_t epoch)>;
    /// Several blocks go in one JSON-RPC batch, even where there is REST: for small ones a request
    /// each would cost more than the block. A peer takes several in one request.
    void Fetch(std::vector<index::BlockHash> hashes, Done done);

    /// So many blocks, of about so many bytes together, are best fetched at a time; but one if it
    /// is larger.
    struct Batch {
        std::size_t blocks = 1;
        std::size_t bytes = 0;
    };
    [[nodiscard]] Batch BestBatch() const;

    /// A block from there was not what it should be: takes no more of them, and says so.
    void Distrust(std::uint64_t from_where, const std::string& why);

    /// "files", "rest", "p2p", "rpc", or empty before it is known.
    [[nodiscard]] std::string InUse() const;

private:
    enum class Way { files, rest, peers, rpc };

    void FetchFromDaemon(std::vector<index::BlockHash> hashes, Done done);
    void FetchFromPeers(const std::vector<index::BlockHash>& hashes, Done done);
    [[nodiscard]] Done Noting(Way way, std::string why, Done done);
    /// Blocks come so now. Says it to the log when a way is new, or has changed after a while.
    void Note(Way way, const std::string& why);
    void WithRestKnown(std::function<void(index::NodeResult<bool> has_rest)> then);
    void OnRestKnown(const index::NodeResult<HttpAnswer>& answer, std::uint64_t epoch);
    void ForgetRest();
    void FetchRest(const index::BlockHash& hash, Done done);
    void FetchRpc(const std::vector<index::BlockHash>& hashes, Done done);

    RpcClient& client_;
    NodeFiles& files_;
    const Source source_;
    SparePeers* const peers_;
    std::atomic<bool> files_trusted_ = true;
    std::atomic<bool> peers_trusted_ = true;

    mutable std::mutex mutex_;  // guards what follows; never held while a handler runs
    std::optional<Way> way_;    ///< of the last block that came
    std::set<Way> said_;        ///< to the log, so far
    std::chrono::steady_clock::time_point said_at_;
    std::optional<bool> has_rest_;
    std::uint64_t known_epoch_ = 0;
    std::vector<std::function<void(index::NodeResult<bool>)>> waiting_;  ///< for the detection
};

}  // namespace amber::daemon_client
