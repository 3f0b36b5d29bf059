#include "config/subnet.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace amber::config {
namespace {

constexpr unsigned kIpv4Begin = 96;  ///< bits in front of an IPv4 address

/// The address, and how many bits stand in front of those that it is written with.
std::optional<Subnet> ParseAddress(const std::string& text) {
    Subnet subnet;
    if (inet_pton(AF_INET6, text.c_str(), subnet.address.data()) == 1) return subnet;
    subnet.address = {};
    if (inet_pton(AF_INET, text.c_str(), subnet.address.data() + kIpv4Begin / 8) != 1)
        return std::nullopt;
    subnet.address[10] = subnet.address[11] = 0xff;
    subnet.bits = kIpv4Begin;
    return subnet;
}

/// The same without the bits behind the first ones.
Subnet NetworkOf(Subnet subnet) {
    for (unsigned bit = subnet.bits; bit < 8 * subnet.address.size(); ++bit)
        subnet.address[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> bit % 8));
    return subnet;
}

std::string AddressText(const Subnet& subnet, bool is_v4) {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(is_v4 ? AF_INET : AF_INET6, subnet.address.data() + (is_v4 ? kIpv4Begin / 8 : 0),
              text, sizeof text);
    return text;
}

}  // namespace

boost::system::result<Subnet, std::string> ParseSubnet(std::string_view text) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    auto subnet = ParseAddress(std::string(text.substr(0, slash)));
    if (!subnet)
        return "is not an address or network; write for example 10.0.0.5, 10.0.0.0/8 or "
               "2001:db8::/32";
    const unsigned before = std::exchange(subnet->bits, 128);
    if (slash == text.size()) return *subnet;
    unsigned bits = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc() || stop != end || bits > 128 - before)
        return "is not a network; behind the slash belongs a number from 0 to " +
               std::to_string(128 - before);
    subnet->bits = before + bits;
    const Subnet network = NetworkOf(*subnet);
    if (*subnet != network)
        return "has bits set behind the first " + std::to_string(bits) + "; the network is " +
               AddressText(network, before > 0) + '/' + std::to_string(bits);
    return network;
}

}  // namespace amber::config
