#pragma once
#include <array>
#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace amber::config {

/// Addresses whose first bits are alike, as "10.0.0.0/8", "192.0.2.7" or "2001:db8::/32" names
/// them.
struct Subnet {
    std::array<std::uint8_t, 16> address{};  ///< IPv4 as ::ffff:a.b.c.d
    unsigned bits = 0;                       ///< 0 to 128, for IPv4 with the 96 before it

    auto operator<=>(const Subnet&) const = default;
};

/// The error says what is wrong, to stand behind `text`, unless that is ADDRESS or ADDRESS/BITS
/// with no bit of the address set behind the first BITS.
boost::system::result<Subnet, std::string> ParseSubnet(std::string_view text);

}  // namespace amber::config
