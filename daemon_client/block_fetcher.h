#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon_client/node_files.h"
#include "daemon_client/node_options.h"
#include "daemon_client/rpc_client.h"
#include "index/chain/bytes.h"
#include "index/chain/hash.h"
#include "index/ports/node_error.h"

namespace amber::daemon_client {

/// Raw blocks by hash: with Source::automatic out of the node's files where they can be read;
/// else as binary by REST where the daemon has it, else as hex by RPC. Finds out which, again for
/// each epoch of the RpcClient (a node may be restarted with other options).
/// Thread-safe; handlers run on the io thread or one of NodeFiles, or at once on the caller after
/// Stop().
class BlockFetcher {
public:
    /// In place of the daemon's epoch, of blocks that were read from files.
    static constexpr std::uint64_t kFromFiles = 0;

    BlockFetcher(RpcClient& client, NodeFiles& files, Source source)
        : client_(client), files_(files), source_(source) {}

    /// The blocks in the order asked, as yet unchecked. Refused with -5 or -1 if the daemon does
    /// not have one of them (any more): the message says why.
    using Done =
        std::function<void(index::NodeResult<std::vector<index::Bytes>>, std::uint64_t epoch)>;
    /// Several blocks go in one JSON-RPC batch, even where there is REST: for small ones a request
    /// each would cost more than the block.
    void Fetch(std::vector<index::BlockHash> hashes, Done done);

    /// False where batches are not wanted (Source::rest): fetch one at a time.
    [[nodiscard]] bool TakesBatches() const { return source_ != Source::rest; }

    /// A block from the files was not what it should be: reads no more of them, and says so.
    void DistrustFiles(const std::string& why);

    /// "files", "rest", "rpc", or empty before it is known.
    [[nodiscard]] std::string InUse() const;

private:
    void FetchFromDaemon(std::vector<index::BlockHash> hashes, Done done);
    void NoteFiles(bool in_use);
    void WithRestKnown(std::function<void(index::NodeResult<bool> has_rest)> then);
    void OnRestKnown(const index::NodeResult<HttpAnswer>& answer, std::uint64_t epoch);
    void ForgetRest();
    void FetchRest(const index::BlockHash& hash, Done done);
    void FetchRpc(const std::vector<index::BlockHash>& hashes, Done done);

    RpcClient& client_;
    NodeFiles& files_;
    const Source source_;
    std::atomic<bool> files_trusted_ = true;
    std::atomic<bool> files_in_use_ = false;  ///< the last fetch came from there

    mutable std::mutex mutex_;  // guards what follows; never held while a handler runs
    std::optional<bool> has_rest_;
    std::uint64_t known_epoch_ = 0;
    std::vector<std::function<void(index::NodeResult<bool>)>> waiting_;  ///< for the detection
};

}  // namespace amber::daemon_client
