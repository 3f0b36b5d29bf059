#pragma once
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace amber::server {

/// A server as others are told of it: a host, and where it can be asked in lines. A port of 0: not
/// there.
struct PeerHost {
    std::string name;  ///< as ParseHostName() gives it
    std::uint16_t tcp_port = 0, ssl_port = 0;

    [[nodiscard]] bool HasPort() const { return tcp_port != 0 || ssl_port != 0; }
    friend bool operator==(const PeerHost&, const PeerHost&) = default;
};

/// Longer names are refused, as Fulcrum does (the longest of DNS has 253 characters).
inline constexpr std::size_t kHostNameMax = 120;

/// In lower case: an IP address (v6 without brackets), a name of DNS with a dot in it (RFC 1123),
/// or an onion name of version 3. Nothing for anything else.
std::optional<std::string> ParseHostName(std::string_view text);

/// These take what ParseHostName() gave.
[[nodiscard]] bool IsOnion(std::string_view name);
[[nodiscard]] std::optional<boost::asio::ip::address> AddressOf(std::string_view name);
/// The last two labels of a name of DNS: what its owner has bought.
[[nodiscard]] std::string_view DomainOf(std::string_view name);

/// Whether an address can be reached from the whole internet (RFC 6890). What strangers name is
/// only connected to if it can: else they could make us knock on doors of the operator's network.
[[nodiscard]] bool IsPublic(const boost::asio::ip::address& address);
/// False for the name of an address that is not public. Where other names lead is not looked up.
[[nodiscard]] bool IsPublicName(std::string_view name);

/// The first bits of an address, as text: "192.0.0.0/16", "2001:db8::/56".
std::string NetworkOf(const boost::asio::ip::address& address, unsigned v4_bits, unsigned v6_bits);

/// A port as JSON has it, in digits or as a number. Nothing unless it is 1 to 65535.
std::optional<std::uint16_t> ParsePort(std::string_view digits);

/// Adds what "ssl://HOST:PORT" or "tcp://HOST:PORT" names to `host`. False if it is neither, or of
/// another host.
[[nodiscard]] bool AddUrl(std::string_view url, PeerHost& host);

}  // namespace amber::server
