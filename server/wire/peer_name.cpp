#include "server/wire/peer_name.h"

#include "server/wire/parse_address.h"

namespace amber::server {

std::string NameOf(const boost::asio::ip::tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    const std::string port = ':' + std::to_string(endpoint.port());
    return endpoint.address().is_v6() ? '[' + address + ']' + port : address + port;
}

std::optional<boost::asio::ip::address> AddressIn(std::string_view peer_name) {
    if (peer_name.starts_with('['))
        return ParseAddress(peer_name.substr(1, peer_name.find(']') - 1));
    if (const auto whole = ParseAddress(peer_name)) return whole;
    return ParseAddress(peer_name.substr(0, peer_name.rfind(':')));
}

}  // namespace amber::server
