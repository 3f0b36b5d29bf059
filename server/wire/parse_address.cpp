#include "server/wire/parse_address.h"

#include <string>

namespace amber::server {

std::optional<boost::asio::ip::address> ParseAddress(std::string_view text) {
    constexpr std::string_view kLetters = "0123456789abcdefABCDEF:.";
    // Not left to the parser: it stops at a zero byte.
    if (text.find_first_not_of(kLetters) != text.npos) return std::nullopt;
    boost::system::error_code failed;
    const auto address = boost::asio::ip::make_address(std::string(text), failed);
    if (failed) return std::nullopt;
    return address;
}

boost::asio::ip::address Unmapped(const boost::asio::ip::address& address) {
    namespace ip = boost::asio::ip;
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

}  // namespace amber::server
