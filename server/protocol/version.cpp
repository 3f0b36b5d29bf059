#include "server/protocol/version.h"

#include <algorithm>
#include <charconv>

namespace amber::server {

std::string ProtocolVersion::Text() const {
    std::string text = std::to_string(parts[0]) + '.' + std::to_string(parts[1]);
    if (parts[2] != 0) text += '.' + std::to_string(parts[2]);
    return text;
}

std::optional<ProtocolVersion> ParseVersion(std::string_view text) {
    ProtocolVersion version;
    const char* at = text.data();
    const char* end = at + text.size();
    for (std::size_t i = 0; i < version.parts.size(); ++i) {
        const auto [stop, error] = std::from_chars(at, end, version.parts[i]);
        if (error != std::errc{}) return std::nullopt;
        if (stop == end) return version;
        if (*stop != '.') return std::nullopt;
        at = stop + 1;
    }
    return std::nullopt;
}

std::optional<ProtocolVersion> NegotiateVersion(ProtocolVersion client_min,
                                                ProtocolVersion client_max) {
    const ProtocolVersion version = std::min(client_max, kProtocolMax);
    if (version < std::max(client_min, kProtocolMin)) return std::nullopt;
    return version;
}

}  // namespace amber::server
