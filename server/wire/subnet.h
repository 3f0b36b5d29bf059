#pragma once
#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace amber::server {

/// A block of IP addresses, as 10.0.0.0/8 or 2001:db8::/32 names one. IPv4 lies in ::ffff:0:0/96,
/// so that an address is the same however it is written.
class Subnet {
public:
    /// The first `bits` of `address` count, 128 at most: those of an IPv4 network and 96 more.
    Subnet(const std::array<std::uint8_t, 16>& address, unsigned bits)
        : address_(address), bits_(bits) {}

    /// That of `bits` which `address` lies in; as above, those of an IPv4 network and 96 more.
    static Subnet Of(const boost::asio::ip::address& address, unsigned bits);
    /// ADDRESS or ADDRESS/BITS with no bit set behind the first BITS; nothing for other texts.
    static std::optional<Subnet> Parse(std::string_view text);

    /// 192.0.2.7, 10.0.0.0/8, 2001:db8::/32.
    [[nodiscard]] std::string Text() const;
    [[nodiscard]] unsigned Bits() const { return bits_; }
    auto operator<=>(const Subnet&) const = default;

    [[nodiscard]] bool Contains(const boost::asio::ip::address& address) const;

private:
    std::array<std::uint8_t, 16> address_;
    unsigned bits_;
};

bool AnyContains(std::span<const Subnet> subnets, const boost::asio::ip::address& address);

}  // namespace amber::server
