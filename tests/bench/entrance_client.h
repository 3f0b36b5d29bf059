#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "server/server_options.h"
#include "server/wire/descriptor.h"
#include "server/wire/openssl.h"

namespace amber::bench {

/// A blocking client on the loopback address that says and asks as little as it can.
class EntranceClient {
public:
    /// Connects, without a handshake. Throws std::runtime_error if the server does not take it.
    EntranceClient(std::uint16_t port, server::TransportKind kind);

    /// TLS and WebSocket, as far as its kind has them. Throws std::runtime_error.
    void ShakeHands();
    /// One server.ping and its answer. Throws std::runtime_error.
    void Ping();
    /// Bytes as they are, below any TLS. False if they are not taken.
    bool SendRaw(std::string_view bytes);

private:
    void Send(std::string_view bytes);
    void ReadUntil(std::string_view end);

    server::TransportKind kind_;
    server::Descriptor socket_;
    server::SslPtr tls_;
};

}  // namespace amber::bench
