#pragma once
#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string_view>

namespace amber::server {

/// An IPv4 or IPv6 address as others write it. Nothing for anything else, and for one with a zone
/// (fe80::1%eth0), which means something on its own machine only.
std::optional<boost::asio::ip::address> ParseAddress(std::string_view text);

/// ::ffff:192.0.2.7, as proxies that listen on IPv6 for both write it, is 192.0.2.7.
boost::asio::ip::address Unmapped(const boost::asio::ip::address& address);

}  // namespace amber::server
