#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon_client/block_files/block_files.h"
#include "daemon_client/block_files/transaction_finder.h"
#include "daemon_client/node_options.h"
#include "daemon_client/rpc_client.h"
#include "daemon_client/worker_pool.h"
#include "index/chain/coin.h"
#include "index/ports/node_error.h"
#include "index/ports/wallet_node.h"

namespace amber::daemon_client {

/// Blocks, and transactions of blocks, read from the node's files where these are on this machine:
/// cheaper than asking the node, for transactions hundreds of times, because it reads and parses a
/// whole block for each. What is not found or not readable is left to the node.
/// Every transaction is held against its txid, and callers hold blocks against their hash and
/// merkle root, so it does not matter whose files they are.
///
/// Threads: calls are thread-safe. Owns "amber-files", which finds out where the files are and
/// which blocks they hold, and four "amber-read", which read.
/// Bound: 4,096 waiting requests; further ones are left to the node.
class NodeFiles {
public:
    NodeFiles(const index::Coin& coin, const NodeOptions& options, RpcClient& client);
    ~NodeFiles();

    /// Before it, and with NodeOptions::use_block_files off, everything is left to the node.
    void Start();
    /// Waiting requests are left to the node. The RpcClient must be stopped first. Idempotent.
    void Stop();

    /// Runs exactly once, on a thread "amber-read" or at once on the caller's: the transaction as
    /// hex, or nothing if the node is to be asked.
    using Done = std::function<void(std::optional<std::string> hex)>;
    void Get(const index::Txid& txid, const index::WalletNode::Place& place, Done done);

    /// Likewise: the raw blocks in the order asked, or nothing if one of them is missing.
    using BlocksDone = std::function<void(std::optional<std::vector<index::Bytes>> blocks)>;
    void GetBlocks(std::vector<index::BlockHash> hashes, BlocksDone done);

    /// The node may have written a new block.
    void OnTip();

    /// Empty while none are in use.
    [[nodiscard]] std::filesystem::path Directory() const;

private:
    struct Opened {
        Opened(std::unique_ptr<BlockFiles> opened, const index::Coin& coin)
            : files(std::move(opened)), finder(*files, coin) {}

        const std::unique_ptr<BlockFiles> files;
        TransactionFinder finder;
    };
    using Clock = std::chrono::steady_clock;

    void Run(const std::stop_token& stop);
    void Look(const std::stop_token& stop);
    void LookAgainBy(Clock::time_point time);
    std::shared_ptr<Opened> Open();
    index::NodeResult<std::filesystem::path> WhereTheNodeSays();
    void Say(const std::string& state, bool trouble);
    /// Warns of a file that is not ours to read, once.
    void SayProblems(const std::vector<FileError>& problems);
    std::optional<std::string> Read(Opened& opened, const index::Txid& txid,
                                    const index::WalletNode::Place& place);
    /// Runs `read` on a reader, or calls `done` with nothing.
    template <class Answer>
    void Post(std::function<std::optional<Answer>(Opened&)> read,
              std::function<void(std::optional<Answer>)> done);
    std::optional<std::vector<index::Bytes>> ReadBlocks(
        const Opened& opened, const std::vector<index::BlockHash>& hashes);
    [[nodiscard]] std::shared_ptr<Opened> InUse() const;
    void Use(std::shared_ptr<Opened> opened);

    const index::Coin& coin_;
    const NodeOptions options_;
    RpcClient& client_;

    // Of the thread "amber-files".
    std::uint64_t asked_epoch_ = 0;  ///< of the daemon that said where its files are
    std::string said_;               ///< to the log, last
    std::string said_unreadable_;    ///< likewise, of a file
    std::filesystem::path said_of_;  ///< the directory that the log says is in use

    mutable std::mutex mutex_;  // guards the next three; not held while reading or asking
    std::condition_variable_any changed_;
    std::shared_ptr<Opened> opened_;
    Clock::time_point look_at_;  ///< when the files are to be looked at again

    std::atomic<std::size_t> waiting_ = 0;
    WorkerPool readers_;
    std::jthread looker_;
};

}  // namespace amber::daemon_client
