#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon_client/node_options.h"
#include "daemon_client/node_report.h"
#include "index/chain/coin.h"
#include "index/ports/block_feed.h"
#include "index/ports/mempool_source.h"
#include "index/ports/node_events.h"
#include "index/ports/wallet_node.h"

namespace amber::daemon_client {

/// The node, as the core sees it: builds and owns everything in this folder.
/// Owns its threads (README.md has the table); all calls are thread-safe.
/// The ports live as long as this object; after Stop() they answer NodeError::stopped.
class Node {
public:
    /// Connects to nothing yet. Throws std::invalid_argument for a malformed URL or address; the
    /// message never contains a password. `coin` must outlive the node.
    Node(const index::Coin& coin, NodeOptions options);
    ~Node();

    /// Starts the threads; `sink` hears of new blocks and transactions from now on. Call once.
    /// Blocks() is woken before the sink hears of a new tip.
    void Start(index::NodeEventSink sink);

    /// Everything that waits returns within a second; no call of the sink afterwards. Idempotent.
    void Stop();

    /// Asks the node what it is; without RPC, whether a peer is connected, which then is one of our
    /// network. Needs Start(). An error means that it could not be asked (yet):
    /// try again. `problems` are lasting and the operator's to solve.
    [[nodiscard]] index::NodeResult<NodeReport> Check();

    [[nodiscard]] index::BlockFeed& Blocks();
    [[nodiscard]] index::MempoolSource& Mempool();
    [[nodiscard]] index::WalletNode& Wallet();

    /// Cuts short the wait of the Take() that is waiting, or of the next.
    void Wake();

    /// Replaces the daemons while running. Returns what is wrong with a URL, changing nothing;
    /// otherwise nothing.
    std::optional<std::string> SetUrls(const std::vector<std::string>& urls);

    struct Status {
        std::string daemon;      ///< host:port in use, or tried last; without RPC, of a peer
        bool connected = false;  ///< it answered the last time it was asked
        /// Where blocks and transactions are read; empty while the node is asked for them.
        std::filesystem::path blocks_dir;
        /// "files", "rest", "rpc" or "p2p": how blocks come; empty before the first.
        std::string source;
        struct Peer {
            std::string address;
            bool connected = false;
            std::string trouble;  ///< how the last connection, or attempt, ended; empty: none did
        };
        std::vector<Peer> peers;   ///< that blocks are or were asked of
        bool zmq_blocks = false;   ///< new blocks are told by ZMQ, otherwise polled
        bool zmq_mempool = false;  ///< likewise for transactions
    };
    [[nodiscard]] Status GetStatus() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace amber::daemon_client
