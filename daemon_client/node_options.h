#pragma once
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace amber::daemon_client {

/// By which interface of the node blocks are fetched.
enum class Source {
    /// Block files where they can be read, else REST where offered, else peers where there are,
    /// else JSON-RPC.
    automatic,
    rpc,   ///< JSON-RPC only
    rest,  ///< REST only; a node without it is reported and waited for
    p2p,   ///< the peer-to-peer protocol, from all peers at once
};

/// How to reach and follow the node. The defaults suit a node on this machine.
struct NodeOptions {
    /// http://[user:password@]host[:port], in order of preference. On trouble the next is used,
    /// round and round. Empty: the coin's RPC port on 127.0.0.1.
    std::vector<std::string> urls;
    /// False: there is no RPC; nothing is asked of a daemon. Needs Source::p2p.
    bool use_rpc = true;
    /// For URLs without user and password. Empty: where the node puts it by default.
    std::filesystem::path cookie_file;
    Source source = Source::automatic;
    /// host:port where nodes take peers, for Source::p2p and ::automatic. Empty: on the hosts of
    /// `urls`, where the coin's nodes usually do.
    std::vector<std::string> peers;
    bool use_peers = true;  ///< with Source::automatic
    /// tcp://host:port or ipc://path. Empty: asked from the node (getzmqnotifications).
    std::vector<std::string> zmq_endpoints;
    bool use_zmq = true;
    /// Where the node keeps its blk*.dat. Empty: where it says, if that is on this machine.
    std::filesystem::path blocks_dir;
    /// Read transactions, and blocks with Source::automatic, from these files where they can be
    /// read, instead of asking.
    bool use_block_files = true;

    /// Raw bytes fetched ahead of the taker. May be exceeded by one answer per connection.
    std::size_t prefetch_bytes = std::size_t{64} << 20;
    unsigned parse_threads = 0;  ///< 0: one per processor
    unsigned call_connections = 4;
    unsigned block_connections = 4;
    std::size_t max_answer_bytes = std::size_t{128} << 20;  ///< a longer answer is refused

    std::chrono::milliseconds tip_poll{250};      ///< while the node does not tell by ZMQ
    std::chrono::milliseconds mempool_poll{250};  ///< likewise
    std::chrono::milliseconds watch_poll{5000};   ///< of both, while it does: is it still right?
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds answer_timeout{60000};  ///< from sending to the answer's last byte
};

}  // namespace amber::daemon_client
