#pragma once
#include <boost/asio/io_context.hpp>
#include <memory>
#include <span>

#include "server/entrance/arrival.h"
#include "server/session/transport.h"

namespace amber::server {

/// Lines, plain or in TLS. Waits until there is something to read and only then reads, into
/// `scratch`, which all sessions of a thread share: an idle session holds no buffer.
std::unique_ptr<Transport> MakeLineTransport(boost::asio::io_context& context, Arrival arrival,
                                             std::span<char> scratch);

}  // namespace amber::server
