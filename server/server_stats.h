#pragma once
#include <chrono>
#include <cstdint>
#include <string>
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
};

struct SessionInfo {
    std::uint64_t id = 0;
    std::string transport;  ///< "tcp", "ws"
    std::string peer;       ///< ADDRESS:PORT
    std::string client;     ///< name it gave in server.version
    std::string protocol;   ///< negotiated version, "" before
    std::size_t subscriptions = 0;
    std::size_t in_flight = 0;
    std::uint64_t requests = 0;
    std::uint64_t bytes_received = 0, bytes_sent = 0;
    std::chrono::seconds age{0};
};

}  // namespace amber::server
