#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/endpoint.h"

namespace amber::config {

/// Where a node answers JSON-RPC and as whom we ask. Without a user the cookie file is used.
struct DaemonUrl {
    Endpoint address;
    std::string user;      ///< percent-decoded; empty: use the cookie file
    std::string password;  ///< percent-decoded; never log it

    auto operator<=>(const DaemonUrl&) const = default;
};

/// Reads http://[USER:PASSWORD@]HOST[:PORT][/]; nothing if it is anything else.
std::optional<DaemonUrl> ParseDaemonUrl(std::string_view text, std::uint16_t default_port);
/// For logs: without user and password.
std::string ToString(const DaemonUrl& url);

}  // namespace amber::config
