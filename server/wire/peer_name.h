#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <string>

namespace amber::server {

/// 127.0.0.1:50001 or [::1]:50001.
std::string NameOf(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace amber::server
