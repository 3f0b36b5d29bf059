#include "server/wire/subnet.h"

#include <algorithm>

namespace amber::server {

bool Subnet::Contains(const boost::asio::ip::address& address) const {
    namespace ip = boost::asio::ip;
    const auto bytes = address.is_v6()
                           ? address.to_v6().to_bytes()
                           : ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
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
