#pragma once
#include <boost/asio/ip/address.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "server/wire/subnet.h"

namespace amber::server {

/// The client that an X-Forwarded-For header speaks of: addresses divided by commas, to which each
/// proxy on the way adds, at the end, whom it was called by. The last one that is not a trusted
/// proxy's counts, as what stands before it can be the client's own invention. Nothing if there is
/// none, or if an address in that place is not to be read.
std::optional<boost::asio::ip::address> ForwardedFor(std::string_view header,
                                                     std::span<const Subnet> trusted);

}  // namespace amber::server
