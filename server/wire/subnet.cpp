#include "server/wire/subnet.h"

#include <algorithm>
#include <charconv>

#include "server/wire/parse_address.h"

namespace amber::server {
namespace {

namespace ip = boost::asio::ip;

constexpr unsigned kIpv4Begin = 96;  ///< bits in front of an IPv4 address

std::array<std::uint8_t, 16> BytesOf(const ip::address& address) {
    return address.is_v6() ? address.to_v6().to_bytes()
                           : ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
}

}  // namespace

Subnet Subnet::Of(const ip::address& address, unsigned bits) {
    auto bytes = BytesOf(address);
    for (unsigned i = (bits + 7) / 8; i < bytes.size(); ++i) bytes[i] = 0;
    if (bits % 8 != 0)
        bytes[bits / 8] = static_cast<std::uint8_t>(bytes[bits / 8] & 0xff00 >> bits % 8);
    return {bytes, bits};
}

std::optional<Subnet> Subnet::Parse(std::string_view text) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const auto address = ParseAddress(text.substr(0, slash));
    if (!address) return std::nullopt;
    const unsigned before = address->is_v6() ? 0 : kIpv4Begin;
    unsigned bits = 128 - before;
    if (slash != text.size()) {
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
        if (error != std::errc() || stop != end || bits > 128 - before) return std::nullopt;
    }
    const Subnet whole = Of(*address, 128), subnet = Of(*address, before + bits);
    if (whole.address_ != subnet.address_) return std::nullopt;
    return subnet;
}

std::string Subnet::Text() const {
    const ip::address_v6 whole(address_);
    const ip::address address = bits_ < kIpv4Begin ? whole : Unmapped(whole);
    const unsigned before = address.is_v6() ? 0 : kIpv4Begin;
    const std::string text = address.to_string();
    return bits_ == 128 ? text : text + '/' + std::to_string(bits_ - before);
}

bool Subnet::Contains(const ip::address& address) const {
    const auto bytes = BytesOf(address);
    const unsigned whole = bits_ / 8;
    if (!std::equal(bytes.begin(), bytes.begin() + whole, address_.begin())) return false;
    if (bits_ % 8 == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff00 >> (bits_ % 8));
    return ((bytes[whole] ^ address_[whole]) & mask) == 0;
}

bool AnyContains(std::span<const Subnet> subnets, const boost::asio::ip::address& address) {
    return std::ranges::any_of(subnets,
                               [&](const Subnet& subnet) { return subnet.Contains(address); });
}

}  // namespace amber::server
