#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <span>

#include "server/session/transport.h"

namespace amber::server {

/// Lines over TCP. Waits until there is something to read and only then reads, into `scratch`,
/// which all sessions of a thread share: an idle session holds no buffer.
std::unique_ptr<Transport> MakeTcpTransport(boost::asio::ip::tcp::socket socket,
                                            std::span<char> scratch);

}  // namespace amber::server
