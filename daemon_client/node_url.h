#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace amber::daemon_client {

/// Where a node's RPC interface is. The password is in `authorization` only, never in a message.
struct NodeUrl {
    std::string host;  ///< a name or a numeric address, IPv6 without brackets
    std::uint16_t port = 0;
    std::string authorization;  ///< value of the HTTP header, "Basic ..."; empty: use the cookie

    friend bool operator==(const NodeUrl&, const NodeUrl&) = default;

    /// "host:port" or "[v6]:port": for the log and the Host header.
    [[nodiscard]] std::string Label() const;
};

/// Reads http://[user:password@]host[:port][/]. User and password may be percent-encoded.
/// Throws std::invalid_argument that says what is wrong without showing the credentials.
NodeUrl ParseNodeUrl(std::string_view text, std::uint16_t default_port);

/// "Basic " and the base64 of "user:password".
std::string BasicAuthorization(std::string_view user_and_password);

}  // namespace amber::daemon_client
