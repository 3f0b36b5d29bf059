#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace amber::server {

/// What the wallet side has done so far.
struct ServerStats {
    std::size_t sessions = 0;
    std::uint64_t sessions_total = 0;  ///< since start
    std::size_t subscriptions = 0;     ///< but for headers; each session's counted
    std::uint64_t errors = 0;          ///< error answers sent
    std::uint64_t notifications = 0;
    std::uint64_t txs_sent = 0;                                   ///< successful broadcasts
    std::vector<std::pair<std::string, std::uint64_t>> requests;  ///< by method, those > 0
    /// How often each bound was met, see limits/bound_hits.h.
    std::vector<std::pair<std::string_view, std::uint64_t>> bound_hits;
};

/// Sessions that share a cost limit: those of an IPv4 /24 or an IPv6 /48.
struct GroupReport {
    std::string name;                           ///< "203.0.113.0/24"
    std::size_t sessions = 0, connections = 0;  ///< the latter with those in their handshake
    std::size_t subscriptions = 0;
    double cost = 0;  ///< as of a session; also of those that are gone
    std::uint64_t requests = 0, bytes_received = 0, bytes_sent = 0;  ///< of the sessions there are
};

struct SessionInfo {
    std::uint64_t id = 0;
    std::string transport;  ///< "tcp", "ws"
    std::string peer;       ///< ADDRESS:PORT
    std::string client;     ///< name it gave in server.version
    std::string protocol;   ///< negotiated version, "" before
    std::size_t subscriptions = 0;
    std::size_t in_flight = 0;
    std::string group;  ///< whose limits it shares; "": it is exempt
    double cost = 0;    ///< milliseconds of our threads that are not forgiven yet
    std::uint64_t requests = 0;
    std::uint64_t bytes_received = 0, bytes_sent = 0;
    std::chrono::seconds age{0};
};

}  // namespace amber::server
