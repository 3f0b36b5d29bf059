#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace amber::config {

/// A host and a port, as in "127.0.0.1:50001", "[::1]:50001" or "node.example:8332".
struct Endpoint {
    std::string host;  ///< name or address; an IPv6 address stands without brackets
    std::uint16_t port = 0;

    auto operator<=>(const Endpoint&) const = default;
};

/// Nothing unless `text` is HOST:PORT with a port of 0 to 65535 and IPv6 in brackets.
std::optional<Endpoint> ParseEndpoint(std::string_view text);
/// What ParseEndpoint() reads back.
std::string ToString(const Endpoint& endpoint);

}  // namespace amber::config
