#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "server/session/transport.h"

namespace amber::server {

/// WebSocket over TCP (RFC 6455): one JSON text per message, whatever the URL path; text and binary
/// frames are read, text is sent. A message over `max_message` bytes closes the connection.
std::unique_ptr<Transport> MakeWebSocketTransport(boost::asio::ip::tcp::socket socket,
                                                  std::size_t max_message);

}  // namespace amber::server
