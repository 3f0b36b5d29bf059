#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace amber::server {

/// A version of the Electrum protocol. Missing parts count as 0, so 1.4 equals 1.4.0.
struct ProtocolVersion {
    std::array<std::uint16_t, 3> parts{};

    friend auto operator<=>(const ProtocolVersion&, const ProtocolVersion&) = default;

    /// Short form: "1.4", "1.4.2".
    [[nodiscard]] std::string Text() const;
};

inline constexpr ProtocolVersion kProtocolMin{{1, 4, 0}};
inline constexpr ProtocolVersion kProtocolMax{{1, 7, 0}};

/// Two or three dotted numbers, or one; nothing for anything else.
std::optional<ProtocolVersion> ParseVersion(std::string_view text);

/// The newest version both sides know (protocol.md section 3); nothing if there is none.
std::optional<ProtocolVersion> NegotiateVersion(ProtocolVersion client_min,
                                                ProtocolVersion client_max);

}  // namespace amber::server
