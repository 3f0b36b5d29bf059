#include "server/session/peer_name.h"

namespace amber::server {

std::string NameOf(const boost::asio::ip::tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    const std::string port = ':' + std::to_string(endpoint.port());
    return endpoint.address().is_v6() ? '[' + address + ']' + port : address + port;
}

std::string PeerName(const boost::asio::ip::tcp::socket& socket) {
    boost::system::error_code failed;
    const auto endpoint = socket.remote_endpoint(failed);
    return failed ? "?" : NameOf(endpoint);
}

}  // namespace amber::server
