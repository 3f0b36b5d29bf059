#include "config/endpoint.h"

#include <charconv>

namespace amber::config {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::size_t kUnixPathMax = 107;  ///< what the system has room for

std::optional<std::uint16_t> ParsePort(std::string_view text) {
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc() || stop != end) return std::nullopt;
    return port;
}

/// True for what can be a host name or an address; keeps control characters and slips out.
bool IsHost(std::string_view text, bool bracketed) {
    constexpr std::string_view kLetters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    if (text.empty() || text.size() > 255) return false;
    for (const char c : text) {
        const bool known = kLetters.find(c) != std::string_view::npos;
        if (!known && !(bracketed && (c == ':' || c == '%'))) return false;
    }
    return true;
}

}  // namespace

std::optional<Endpoint> ParseEndpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto port = ParsePort(text.substr(colon + 1));
    if (!port || !IsHost(host, bracketed)) return std::nullopt;
    return Endpoint{std::string(host), *port};
}

std::optional<Endpoint> ParseListenAddress(std::string_view text) {
    if (!text.starts_with(kUnix)) return ParseEndpoint(text);
    const std::string_view path = text.substr(kUnix.size());
    if (!path.starts_with('/') || path.size() > kUnixPathMax) return std::nullopt;
    return Endpoint{std::string(path), 0};
}

bool IsUnixPath(const Endpoint& endpoint) { return endpoint.host.starts_with('/'); }

std::string ToString(const Endpoint& endpoint) {
    if (IsUnixPath(endpoint)) return std::string(kUnix) + endpoint.host;
    const std::string port = ":" + std::to_string(endpoint.port);
    if (endpoint.host.find(':') == std::string::npos) return endpoint.host + port;
    return "[" + endpoint.host + "]" + port;
}

}  // namespace amber::config
