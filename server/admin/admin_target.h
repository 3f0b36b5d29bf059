#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "index/chain/coin.h"
#include "index/indexer.h"
#include "index/ports/wallet_node.h"
#include "index/query/view.h"
#include "server/limits/ban_list.h"
#include "server/peers/peer_directory.h"
#include "server/server_stats.h"

namespace amber::server {

/// How far a first sync is.
struct SyncProgress {
    double fraction = 0;                       ///< 0 .. 1
    std::optional<std::chrono::seconds> left;  ///< nothing while unknown, 0 when synced
};

/// Where blocks come from.
struct NodeLink {
    std::string daemon;      ///< host:port in use, or tried last
    bool connected = false;  ///< it answered the last time it was asked
    std::string source;      ///< "files", "rest", "p2p" or "rpc"; empty before the first block
    struct Peer {
        std::string address;
        bool connected = false;
        std::string trouble;  ///< how the last connection, or attempt, ended
    };
    std::vector<Peer> peers;  ///< of the node's network; none unless they were asked
};

/// What the admin RPC can see and do, filled by main. Called on the admin thread, where calls may
/// take a while; an empty function makes its method answer "not available".
struct AdminTarget {
    const index::Coin* coin = nullptr;
    std::string version;  ///< of Amber
    std::function<index::IndexerStatus()> index_status;
    std::function<SyncProgress()> progress;
    std::function<index::ViewPtr()> current_view;  ///< null until synced
    std::function<index::WalletNode::Software()> node_software;
    std::function<NodeLink()> node_link;
    std::function<std::uint64_t()> database_bytes;
    std::function<ServerStats()> server_stats;
    std::function<std::vector<SessionInfo>()> sessions;
    std::function<bool(std::uint64_t id)> disconnect;

    using Done = std::function<void(std::string error)>;  ///< empty: all is well
    /// Replaces the daemon URLs; an empty list asks only. Returns the URLs in use, passwords
    /// blanked out. Throws std::runtime_error for a malformed URL.
    std::function<std::vector<std::string>(const std::vector<std::string>& urls)> daemon_url;
    /// Sets the level unless empty, returns the one in use. Throws std::runtime_error if unknown.
    std::function<std::string(const std::string& level)> log_level;
    /// `done` may run on any thread.
    std::function<void(std::uint32_t count, Done done)> reorg;
    /// A digest over all tables as JSON text. Blocks for as long as that takes.
    std::function<std::string()> digest;
    std::function<std::shared_ptr<const PeerDirectory::Snapshot>()> peers;
    /// Returns why the peer is of no use; nothing if it will be looked at.
    std::function<std::optional<std::string>(const PeerHost& host)> add_peer;
    /// Reads the banner files again. What is served then, a line for each.
    std::function<std::vector<std::string>()> broadcast;
    std::function<void()> stop;  ///< returns at once; the process ends soon after

    /// A number, or subnets.
    using LimitValue = std::variant<std::uint64_t, std::vector<std::string>>;
    using Limit = std::pair<std::string, LimitValue>;
    /// Bounds that can be changed under way, as the options of these names have them.
    std::function<std::vector<Limit>()> limits;
    /// Throws std::runtime_error that says what is wrong with the name or a value.
    std::function<void(const std::string& name, const std::vector<std::string>& values)> set_limit;
    std::function<std::vector<GroupReport>()> groups;
    /// These two throw std::runtime_error if it cannot be done.
    std::function<std::size_t(const Ban&)> ban;  ///< how many sessions it has closed
    std::function<bool(const Subnet&)> unban;    ///< false: there is no such ban
    std::function<std::vector<Ban>()> bans;
};

}  // namespace amber::server
