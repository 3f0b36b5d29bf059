#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/endpoint.h"
#include "config/subnet.h"

namespace amber::index {
struct Coin;
}

namespace amber::config {

enum class Command {
    serve,   ///< `amberd`
    check,   ///< `amberd check`: read the index, change nothing
    import,  ///< `amberd import`: blocks of files into the index
};

/// How blocks come from the node.
enum class Source { automatic, rpc, rest, files, p2p };

/// How a first sync builds the index: by sorting everything once, or block by block.
enum class FirstSync { automatic, bulk, blocks };

/// Which other servers wallets are told of.
enum class PeerDiscovery { automatic, on, off, self };

enum class Protocol { tcp, ssl, ws, wss };

/// A place where wallets from outside reach us, for server.features. It may be a proxy's.
struct Service {
    Protocol protocol = Protocol::tcp;
    Endpoint address;

    auto operator<=>(const Service&) const = default;
};

/// Proxies that are believed when they say whom they speak for.
struct TrustedProxies {
    std::vector<Subnet> subnets;
    bool unix_sockets = false;

    auto operator<=>(const TrustedProxies&) const = default;
};

/// What the operator asked for, every default filled in and every value checked. A plain value.
/// Names, help and limits of each field stand in option_list.cpp.
struct Options {
    Command command = Command::serve;
    bool digest = false;  ///< `amberd check --digest`
    /// `amberd import PATH...`: files, or directories of blk?????.dat.
    std::vector<std::filesystem::path> import_paths;
    bool verify = false;                 ///< `amberd import --verify`
    std::uint32_t progress_seconds = 0;  ///< `amberd import --progress`; 0: none

    // General. `coin` always points to one of index::Coins().
    std::filesystem::path config;  ///< empty: no file was given
    const index::Coin* coin = nullptr;
    std::filesystem::path datadir;
    std::string log_level;  ///< one of kLogLevels

    // The node.
    /// http://[USER:PASSWORD@]HOST[:PORT], best first. May hold passwords: never log. Empty: there
    /// is no RPC, blocks come by p2p.
    std::vector<std::string> daemon;
    std::filesystem::path daemon_cookie;
    Source source = Source::automatic;
    /// Nodes as peers; nothing: where the node of `daemon` most likely takes them. Not empty where
    /// blocks come by p2p.
    std::optional<std::vector<Endpoint>> p2p;
    std::filesystem::path blocks_dir;  ///< or one of the words kBlocksDirAuto, kBlocksDirOff
    std::optional<std::vector<std::string>> zmq;  ///< nothing: ask the node; empty: poll only

    // Where we listen: an address (port 0 lets the system choose), or a unix socket.
    std::vector<Endpoint> tcp;
    std::vector<Endpoint> ssl;
    std::vector<Endpoint> ws;
    std::vector<Endpoint> wss;
    std::filesystem::path cert;  ///< empty: one of our own, in `datadir`
    std::filesystem::path key;   ///< empty: in the file `cert`
    TrustedProxies proxy_protocol;
    std::optional<Endpoint> admin;  ///< nothing: no admin port

    // What wallets are told.
    std::vector<Service> report_service;
    std::filesystem::path banner_file;  ///< empty: a default banner
    std::filesystem::path tor_banner;   ///< empty: the same
    std::string donation_address;
    bool pad_answers = false;     ///< hide the length of what is sent
    bool strict_version = false;  ///< refuse clients whose first message is not server.version

    // Other servers.
    PeerDiscovery peer_discovery = PeerDiscovery::automatic;
    bool peer_announce = true;
    std::vector<Service> peer;          ///< known from the start; tcp and ssl
    std::optional<Endpoint> tor_proxy;  ///< nothing: onions cannot be reached
    bool force_proxy = false;           ///< all peers through it

    // Index and memory.
    std::uint32_t reorg_limit = 0;  ///< blocks
    std::uint32_t cache_mb = 0;     ///< 10^6 bytes
    FirstSync first_sync = FirstSync::automatic;
    std::uint32_t io_threads = 0;

    // Bounds on what clients can use.
    std::uint32_t max_sessions = 0;
    std::uint32_t max_subscriptions = 0;  ///< per session
    std::uint32_t max_recv = 0;           ///< bytes of one message
    std::uint32_t max_send = 0;           ///< bytes of one message
    std::uint32_t max_batch = 0;          ///< requests in one batch
    std::uint32_t session_timeout = 0;    ///< seconds without a message
    std::uint32_t history_limit = 0;      ///< transactions of one script
    std::uint32_t max_sessions_per_ip = 0;
    std::uint32_t max_handshakes = 0;
    std::uint32_t max_subscriptions_per_ip = 0;
    std::uint32_t max_subscriptions_total = 0;
    std::uint32_t max_in_flight = 0;    ///< requests of one session that wait for disk or node
    std::uint32_t request_timeout = 0;  ///< seconds
    std::uint32_t cost_soft_limit = 0;  ///< milliseconds of our threads; 0: off
    std::uint32_t cost_hard_limit = 0;  ///< the same
    std::vector<Subnet> exempt_subnet;  ///< to which bounds for addresses do not apply

    /// One line each, for the log once it is set up: things that look like slips.
    std::vector<std::string> warnings;
};

inline constexpr const char* kBlocksDirAuto = "auto";  ///< where the node says it is
inline constexpr const char* kBlocksDirOff = "off";    ///< the node's files are not read

inline constexpr const char* kLogLevels[] = {"trace", "debug", "info", "warning", "error"};

/// Text to print and the code to exit with: 0 is for --help and --version (stdout), 2 for wrong
/// options (stderr; one line that says where, what, and how to put it right).
struct Message {
    std::string text;
    int exit_code = 0;
};

/// Reads the command line, then AMBER_* of `env` (null-terminated "KEY=value" strings), then the
/// TOML file; the earlier wins. Does not touch the disk but to read that file.
std::variant<Options, Message> LoadOptions(int argc, const char* const* argv,
                                           const char* const* env);

}  // namespace amber::config
