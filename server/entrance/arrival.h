#pragma once
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <memory>
#include <string>

#include "server/limits/guests.h"
#include "server/server_options.h"
#include "server/wire/descriptor.h"
#include "server/wire/openssl.h"

namespace amber::server {

using UpgradeRequest = boost::beast::http::request<boost::beast::http::empty_body>;

/// A client that has done all it must before it may have a session.
struct Arrival {
    TransportKind kind = TransportKind::tcp;
    std::string peer;  ///< ADDRESS:PORT as far as they are known; the client's, not a proxy's
    GuestPtr guest;
    Descriptor descriptor;
    SslPtr tls;                               ///< of ssl and wss; the handshake is done
    std::unique_ptr<UpgradeRequest> upgrade;  ///< of ws and wss; not answered yet
};

}  // namespace amber::server
