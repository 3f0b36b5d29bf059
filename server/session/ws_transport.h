#pragma once
#include <boost/asio/io_context.hpp>
#include <memory>

#include "server/entrance/arrival.h"
#include "server/session/transport.h"

namespace amber::server {

/// WebSocket (RFC 6455), plain or in TLS: one JSON text per message, whatever the URL path; text
/// and binary frames are read, text is sent. A message over `max_message` bytes closes the
/// connection, and so do frames and pings without end around one; it may change, and outlives the
/// transport. Answers the request that `arrival` has brought.
std::unique_ptr<Transport> MakeWebSocketTransport(boost::asio::io_context& context, Arrival arrival,
                                                  const Live<std::size_t>& max_message);

}  // namespace amber::server
