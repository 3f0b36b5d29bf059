#pragma once
#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <span>

namespace amber::server {

/// A block of IP addresses, as 10.0.0.0/8 or 2001:db8::/32 names one. IPv4 lies in ::ffff:0:0/96,
/// so that an address is the same however it is written.
class Subnet {
public:
    /// The first `bits` of `address` count, 128 at most: those of an IPv4 network and 96 more.
    Subnet(const std::array<std::uint8_t, 16>& address, unsigned bits)
        : address_(address), bits_(bits) {}

    [[nodiscard]] bool Contains(const boost::asio::ip::address& address) const;

private:
    std::array<std::uint8_t, 16> address_;
    unsigned bits_;
};

bool AnyContains(std::span<const Subnet> subnets, const boost::asio::ip::address& address);

}  // namespace amber::server
