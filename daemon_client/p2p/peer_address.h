#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace amber::daemon_client {

/// Where a peer listens.
struct PeerAddress {
    std::string host;  ///< a name or a numeric address, IPv6 without brackets
    std::uint16_t port = 0;

    friend bool operator==(const PeerAddress&, const PeerAddress&) = default;

    /// "host:port" or "[v6]:port".
    [[nodiscard]] std::string Label() const;
};

/// Reads host, host:port, [v6] or [v6]:port. Throws std::invalid_argument that says what is wrong.
PeerAddress ParsePeerAddress(std::string_view text, std::uint16_t default_port);

}  // namespace amber::daemon_client
