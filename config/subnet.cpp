#include "config/subnet.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>
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

bool HasBitsBehind(const Subnet& subnet) {
    for (unsigned bit = subnet.bits; bit < 8 * subnet.address.size(); ++bit)
        if (subnet.address[bit / 8] >> (7 - bit % 8) & 1) return true;
    return false;
}

}  // namespace

std::optional<Subnet> ParseSubnet(std::string_view text) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    auto subnet = ParseAddress(std::string(text.substr(0, slash)));
    if (!subnet) return std::nullopt;
    const unsigned before = std::exchange(subnet->bits, 128);
    if (slash == text.size()) return subnet;
    unsigned bits = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc() || stop != end || bits > 128 - before) return std::nullopt;
    subnet->bits = before + bits;
    return HasBitsBehind(*subnet) ? std::nullopt : subnet;
}

}  // namespace amber::config
