#include "daemon_client/node_url.h"

#include <charconv>
#include <optional>
#include <stdexcept>

namespace amber::daemon_client {
namespace {

int HexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> PercentDecode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = HexDigit(text[i + 1]), low = HexDigit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

std::optional<std::uint16_t> ParsePort(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

/// A URL is shown in an error only up to its credentials.
std::string Shown(std::string_view text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos) return std::string(text);
    return "...@" + std::string(text.substr(at + 1));
}

bool IsHostCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

}  // namespace

std::string NodeUrl::Label() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

NodeUrl ParseNodeUrl(std::string_view text, std::uint16_t default_port) {
    const auto fail = [&](const char* why) {
        throw std::invalid_argument("daemon URL " + Shown(text) + ": " + why +
                                    " (expected http://user:password@host:port)");
    };
    if (text.starts_with("https://")) fail("https is not spoken by nodes; tunnel it and use http");
    if (!text.starts_with("http://")) fail("it does not start with http://");
    std::string_view rest = text.substr(7);

    NodeUrl url;
    url.port = default_port;
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        const std::string_view credentials = rest.substr(0, at);
        const std::size_t colon = credentials.find(':');
        if (colon == std::string_view::npos) fail("there is no ':' between user and password");
        const auto user = PercentDecode(credentials.substr(0, colon));
        const auto password = PercentDecode(credentials.substr(colon + 1));
        if (!user || !password) fail("'%' must be followed by two hex digits in credentials");
        url.authorization = BasicAuthorization(*user + ":" + *password);
        rest.remove_prefix(at + 1);
    }
    if (rest.ends_with('/')) rest.remove_suffix(1);

    std::string_view port;
    if (rest.starts_with('[')) {
        const std::size_t close = rest.find(']');
        if (close == std::string_view::npos) fail("'[' without ']'");
        url.host = rest.substr(1, close - 1);
        rest.remove_prefix(close + 1);
        if (!rest.empty() && rest[0] != ':') fail("after ']' only a port may follow");
        if (url.host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos ||
            url.host.find(':') == std::string::npos)
            fail("what is in brackets is not an IPv6 address");
        port = rest;
    } else {
        const std::size_t colon = rest.find(':');
        url.host = rest.substr(0, colon);
        if (colon != std::string_view::npos) port = rest.substr(colon);
        for (char c : url.host)
            if (!IsHostCharacter(c)) fail("the host contains a character it cannot have");
    }
    if (url.host.empty()) fail("the host is missing");
    if (!port.empty()) {
        const auto number = ParsePort(port.substr(1));
        if (!number) fail("the port is not a number from 1 to 65535");
        url.port = *number;
    }
    return url;
}

std::string BasicAuthorization(std::string_view user_and_password) {
    static constexpr char kDigits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out = "Basic ";
    for (std::size_t i = 0; i < user_and_password.size(); i += 3) {
        const std::string_view group = user_and_password.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j)
            bits = bits << 8 | (j < group.size() ? static_cast<std::uint8_t>(group[j]) : 0u);
        for (std::size_t j = 0; j < 4; ++j)
            out += j <= group.size() ? kDigits[bits >> (18 - 6 * j) & 63] : '=';
    }
    return out;
}

}  // namespace amber::daemon_client
