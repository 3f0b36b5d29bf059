#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace amber::server {

/// 127.0.0.1:50001 or [::1]:50001.
std::string NameOf(const boost::asio::ip::tcp::endpoint& endpoint);

/// The address in such a name, or in one without a port. Nothing for other names ("unix").
std::optional<boost::asio::ip::address> AddressIn(std::string_view peer_name);

}  // namespace amber::server
