#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "index/chain/bytes.h"

namespace amber::index {

/// A 256-bit digest of one kind, in the byte order in which SHA-256 produces it.
/// "Display" order is that order reversed, as Bitcoin Core and the Electrum protocol print it.
template <class Tag>
struct Hash256 {
    std::array<std::uint8_t, 32> bytes{};

    friend auto operator<=>(const Hash256&, const Hash256&) = default;

    [[nodiscard]] ByteView View() const { return bytes; }
    [[nodiscard]] bool IsZero() const { return *this == Hash256{}; }
};

using Txid = Hash256<struct TxidTag>;
using BlockHash = Hash256<struct BlockHashTag>;
using ScriptHash = Hash256<struct ScriptHashTag>;  ///< SHA-256 of an output script
using MerkleNode = Hash256<struct MerkleNodeTag>;
using StatusHash = Hash256<struct StatusHashTag>;  ///< printed in natural, not display, order

namespace detail {
void WriteDisplayHex(const std::uint8_t* hash32, char* out64);
bool ReadDisplayHex(std::string_view hex, std::uint8_t* hash32);
}  // namespace detail

/// 64 lower-case digits, bytes reversed.
template <class Tag>
std::string ToDisplayHex(const Hash256<Tag>& hash) {
    std::string hex(64, '\0');
    detail::WriteDisplayHex(hash.bytes.data(), hex.data());
    return hex;
}

/// Accepts exactly 64 digits of either case; nothing otherwise.
template <class Hash>
std::optional<Hash> FromDisplayHex(std::string_view hex) {
    Hash hash;
    if (!detail::ReadDisplayHex(hex, hash.bytes.data())) return std::nullopt;
    return hash;
}

/// Reinterprets a digest as another kind (a txid as a merkle leaf, say).
template <class To, class From>
To HashCast(const From& from) {
    return To{from.bytes};
}

}  // namespace amber::index

/// Digests are uniform, so their first bytes serve as a table hash. Not safe for keys an
/// attacker grinds; use only where a long chain costs no more than the attacker's own request.
template <class Tag>
struct std::hash<amber::index::Hash256<Tag>> {
    std::size_t operator()(const amber::index::Hash256<Tag>& h) const noexcept {
        std::size_t value;
        std::memcpy(&value, h.bytes.data() + 8, sizeof value);
        return value;
    }
};
