#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "server/live.h"
#include "server/wire/subnet.h"

namespace amber::server {

enum class TransportKind {
    tcp,  ///< lines
    ssl,  ///< lines in TLS
    ws,   ///< WebSocket
    wss,  ///< WebSocket in TLS
};

/// As options and the admin RPC call it.
constexpr const char* NameOf(TransportKind kind) {
    constexpr const char* kNames[] = {"tcp", "ssl", "ws", "wss"};
    return kNames[static_cast<std::size_t>(kind)];
}

constexpr bool HasTls(TransportKind kind) {
    return kind == TransportKind::ssl || kind == TransportKind::wss;
}
constexpr bool IsWebSocket(TransportKind kind) {
    return kind == TransportKind::ws || kind == TransportKind::wss;
}

/// One address wallets connect to. Port 0 lets the system choose (see WalletServer::Ports()).
struct ListenOptions {
    TransportKind transport = TransportKind::tcp;
    std::string host = "127.0.0.1";  ///< an IP address, v6 without brackets
    std::uint16_t port = 0;
    std::string unix_path = {};  ///< a unix socket instead, if not empty
};

/// Proxies that are believed when they say whom they speak for: in a PROXY header, which each of
/// their connections must begin with, or in X-Forwarded-For of a WebSocket handshake.
struct TrustedProxies {
    std::vector<Subnet> subnets;
    bool unix_sockets = false;  ///< whoever connects to one of ours
};

/// Certificate (with those that lead to a root behind it) and key, in PEM; may be one file.
struct CertificateFiles {
    std::filesystem::path certificate, key;
    bool make = false;  ///< if neither is there: a self-signed one
};

/// How this server appears in server.features, to wallets and to other servers.
struct PublicHost {
    std::string name;
    std::uint16_t tcp_port = 0, ssl_port = 0, ws_port = 0, wss_port = 0;  ///< 0: not offered
};

/// Bounds on what clients can use, those that an operator may move, also under way: they count from
/// the next request, connection or message on. Each names what happens at it.
struct Limits {
    /// Further connections are closed at once; of exempt addresses a tenth more are let in.
    Live<std::size_t> max_sessions = 10'000;
    /// Connections of one IPv4 address or IPv6 /64, sessions or not so far yet; then the same.
    Live<std::size_t> max_sessions_per_ip = 50;
    /// Connections that are not so far yet; one more closes the one that has been silent longest.
    Live<std::size_t> max_handshakes = 2'000;
    Live<std::size_t> max_subscriptions_per_session = 200'000;  ///< then error 4
    Live<std::size_t> max_subscriptions_per_ip = 500'000;       ///< then error 4
    Live<std::size_t> max_subscriptions = 5'000'000;            ///< of all sessions; then error 4
    /// One request. A longer line is answered -32600 and skipped; four times as long closes.
    Live<std::size_t> max_receive_bytes = 8'100'000;
    /// One answer. A larger one is replaced by -32600 "response too large".
    Live<std::size_t> max_send_bytes = 8'100'000;
    Live<std::size_t> max_batch_items = 10'000;  ///< larger batches are answered with code 4
    Live<std::size_t> history_limit = 200'000;   ///< transactions of one script; more: error 10001
    /// Requests of one session that wait for the disk or the node; more input is not read until
    /// some of them are done.
    Live<std::size_t> max_in_flight = 100;
    Live<std::chrono::seconds> idle_timeout = std::chrono::seconds(600);  ///< without a request
    /// For the disk or the node; then error -102.
    Live<std::chrono::seconds> request_timeout = std::chrono::seconds(30);
    /// What a group (IPv4 /24, IPv6 /48) may cost, in milliseconds of our threads: from the first
    /// on its sessions are slowed, from the second on closed with error -101. See limits/README.md.
    Live<std::size_t> cost_soft_limit = 3'000;   ///< 0: nobody is slowed
    Live<std::size_t> cost_hard_limit = 15'000;  ///< 0: cost counts for nothing
};

/// All that the wallet side can be told.
struct ServerOptions : Limits {
    std::vector<ListenOptions> listeners;
    CertificateFiles certificate;  ///< read if a listener of kind ssl or wss is there
    TrustedProxies proxies;
    std::vector<PublicHost> public_hosts;
    std::string software = "Amber 0.1.0";   ///< server.version, server.features
    std::string banner;                     ///< $NAME variables of protocol.md 5.20 are replaced
    std::filesystem::path banner_file;      ///< instead of that text, if not empty
    std::filesystem::path tor_banner_file;  ///< for wallets that come through Tor; empty: the same
    /// Where wallets that come through Tor without a PROXY header seem to come from.
    std::vector<Subnet> tor_callers;
    std::string donation_address;

    unsigned io_threads = 0;     ///< 0: one per core
    unsigned query_threads = 8;  ///< for reads that may touch the disk
    /// Reads waiting for a query thread; beyond it, who has one waiting is answered -102 "server
    /// busy", and all are at twice that.
    std::size_t query_queue = 20'000;

    /// Addresses to which no bound for each address or group applies; WalletServer::SetExempt()
    /// names others later.
    std::vector<Subnet> exempt;
    std::filesystem::path ban_file;  ///< where bans outlast a restart; empty: they do not

    // Bounds that are no options: who would turn them?
    /// For all that comes before a session: PROXY header, TLS handshake, WebSocket request.
    std::chrono::milliseconds handshake_timeout{10'000};
    /// So long a block's header may wait for statuses, to go out with them in one write.
    std::chrono::milliseconds header_hold{20};
    /// Output of one session not yet taken by the network at which its input pauses.
    std::size_t output_pause_bytes = 512 << 10;
    /// Notifications that pile up beyond this close the session.
    std::size_t output_close_bytes = 4 << 20;
    /// Buffered input and output of all sessions; the session that would exceed it is closed.
    std::size_t max_buffered_bytes = 256 << 20;
    std::chrono::seconds first_request_timeout{60};  ///< of a new session
    std::chrono::seconds write_timeout{30};          ///< without progress of a write
    std::size_t answer_cache_bytes = 128 << 20;
    std::size_t raw_tx_cache_bytes = 32 << 20;
    /// Refuse every other method before server.version (1.6 wants it; old wallets do not do it).
    bool version_first = false;
    bool pad_answers = false;  ///< hides lengths, see server/protocol/padding.h
};

}  // namespace amber::server
