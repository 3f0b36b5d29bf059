#include "server/peers/peer_host.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "server/wire/parse_address.h"
#include "server/wire/subnet.h"

namespace amber::server {
namespace {

namespace ip = boost::asio::ip;

constexpr std::string_view kOnion = ".onion";
constexpr std::size_t kOnionLetters = 56;  ///< of version 3: key, checksum and version in base 32
constexpr std::size_t kLabelMax = 63;

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }

bool IsOnionV3(std::string_view name) {
    if (name.size() != kOnionLetters + kOnion.size()) return false;
    return std::ranges::all_of(name.substr(0, kOnionLetters),
                               [](char c) { return IsLetter(c) || (c >= '2' && c <= '7'); });
}

bool IsLabel(std::string_view label) {
    if (label.empty() || label.size() > kLabelMax) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    return std::ranges::all_of(label, [](char c) { return IsLetter(c) || IsDigit(c) || c == '-'; });
}

bool IsDnsName(std::string_view name) {
    std::size_t labels = 0;
    std::string_view last;
    while (true) {
        const std::size_t dot = std::min(name.find('.'), name.size());
        last = name.substr(0, dot);
        if (!IsLabel(last)) return false;
        ++labels;
        if (dot == name.size()) break;
        name.remove_prefix(dot + 1);
    }
    // 1.2.3 and 1.2.3.4.5 are slips, not names.
    return labels >= 2 && !std::ranges::all_of(last, IsDigit);
}

struct Network {
    std::array<std::uint8_t, 4> address;
    unsigned bits;
};
/// RFC 6890, and multicast.
constexpr Network kNotPublic[] = {
    {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},    {{100, 64, 0, 0}, 10},   {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12}, {{192, 0, 0, 0}, 24},    {{192, 0, 2, 0}, 24},
    {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15}, {{198, 51, 100, 0}, 24}, {{203, 0, 113, 0}, 24},
    {{224, 0, 0, 0}, 3},
};

bool IsPublicV4(std::uint32_t address) {
    return std::ranges::none_of(kNotPublic, [&](const Network& network) {
        const unsigned rest = 32 - network.bits;
        return address >> rest == ip::address_v4(network.address).to_uint() >> rest;
    });
}

bool IsPublicV6(const ip::address_v6& address) {
    const auto bytes = address.to_bytes();
    if (bytes[0] >> 5 != 1) return false;  // 2000::/3 is all that is given out
    // Documentation, and IPv4 inside IPv6 (6to4, Teredo): what is in there was not looked at.
    const bool documentation = bytes[1] == 1 && bytes[2] == 0x0d && bytes[3] == 0xb8;
    const bool teredo = bytes[1] == 1 && bytes[2] == 0 && bytes[3] == 0;
    return !(bytes[0] == 0x20 && (bytes[1] == 2 || documentation || teredo));
}

}  // namespace

std::optional<std::string> ParseHostName(std::string_view text) {
    if (text.empty() || text.size() > kHostNameMax) return std::nullopt;
    if (const auto address = ParseAddress(text)) return Unmapped(*address).to_string();
    std::string name(text);
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    const bool good = IsOnion(name) ? IsOnionV3(name) : IsDnsName(name);
    return good ? std::optional(name) : std::nullopt;
}

bool IsOnion(std::string_view name) { return name.ends_with(kOnion); }

std::optional<ip::address> AddressOf(std::string_view name) { return ParseAddress(name); }

std::string_view DomainOf(std::string_view name) {
    const std::size_t last = name.rfind('.');
    if (last == name.npos || last == 0) return name;
    const std::size_t before = name.rfind('.', last - 1);
    return before == name.npos ? name : name.substr(before + 1);
}

bool IsPublic(const ip::address& address) {
    const ip::address plain = Unmapped(address);
    return plain.is_v4() ? IsPublicV4(plain.to_v4().to_uint()) : IsPublicV6(plain.to_v6());
}

bool IsPublicName(std::string_view name) {
    const auto address = AddressOf(name);
    return !address || IsPublic(*address);
}

std::string NetworkOf(const ip::address& address, unsigned v4_bits, unsigned v6_bits) {
    constexpr unsigned kBeforeV4 = 96;
    const ip::address plain = Unmapped(address);
    return Subnet::Of(plain, plain.is_v4() ? kBeforeV4 + v4_bits : v6_bits).Text();
}

std::optional<std::uint16_t> ParsePort(std::string_view digits) {
    std::uint16_t port = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, port);
    if (error != std::errc{} || stop != end || port == 0) return std::nullopt;
    return port;
}

bool AddUrl(std::string_view url, PeerHost& host) {
    const bool tls = url.starts_with("ssl://");
    if (!tls && !url.starts_with("tcp://")) return false;
    url.remove_prefix(6);
    const std::size_t colon = url.rfind(':');
    if (colon == url.npos) return false;
    std::string_view text = url.substr(0, colon);
    if (text.size() > 2 && text.front() == '[' && text.back() == ']')
        text = text.substr(1, text.size() - 2);
    const auto name = ParseHostName(text);
    const auto port = ParsePort(url.substr(colon + 1));
    if (!name || !port || (!host.name.empty() && host.name != *name)) return false;
    host.name = *name;
    (tls ? host.ssl_port : host.tcp_port) = *port;
    return true;
}

}  // namespace amber::server
