#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace amber::config {

/// A host and a port, as in "127.0.0.1:50001", "[::1]:50001" or "node.example:8332".
struct Endpoint {
    std::string host;  ///< name or address, IPv6 without brackets; or the path of a unix socket
    std::uint16_t port = 0;

    auto operator<=>(const Endpoint&) const = default;
};

/// Nothing unless `text` is HOST:PORT with a port of 0 to 65535 and IPv6 in brackets.
std::optional<Endpoint> ParseEndpoint(std::string_view text);
/// As ParseEndpoint(), and "unix:/PATH" too: an Endpoint whose host is that path.
std::optional<Endpoint> ParseListenAddress(std::string_view text);
[[nodiscard]] bool IsUnixPath(const Endpoint& endpoint);
/// What ParseEndpoint() or ParseListenAddress() reads back.
std::string ToString(const Endpoint& endpoint);

}  // namespace amber::config
