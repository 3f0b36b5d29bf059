#include "tests/bench/entrance_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <stdexcept>

namespace amber::bench {
namespace {

constexpr std::string_view kPing = "{\"id\":1,\"method\":\"server.ping\"}\n";
constexpr std::string_view kUpgrade =
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A masked text frame of RFC 6455, with a mask of zeros.
std::string PingFrame() {
    return std::string("\x81") + static_cast<char>(0x80 | kPing.size()) + std::string(4, '\0') +
           std::string(kPing);
}

server::SslContextPtr Context() {
    static const server::SslContextPtr context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    return context;
}

}  // namespace

EntranceClient::EntranceClient(std::uint16_t port, server::TransportKind kind)
    : kind_(kind), socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_.Get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("cannot connect");
    const int on = 1;
    setsockopt(socket_.Get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval limit{20, 0};
    setsockopt(socket_.Get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

void EntranceClient::ShakeHands() {
    if (server::HasTls(kind_)) {
        tls_.reset(SSL_new(Context().get()));
        SSL_set_fd(tls_.get(), socket_.Get());
        if (SSL_connect(tls_.get()) != 1) throw std::runtime_error("no TLS");
    }
    if (!server::IsWebSocket(kind_)) return;
    Send(kUpgrade);
    ReadUntil("\r\n\r\n");
}

void EntranceClient::Ping() {
    Send(server::IsWebSocket(kind_) ? PingFrame() : std::string(kPing));
    ReadUntil("null}");
}

bool EntranceClient::SendRaw(std::string_view bytes) {
    return send(socket_.Get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
}

void EntranceClient::Send(std::string_view bytes) {
    const bool sent = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0
                           : SendRaw(bytes);
    if (!sent) throw std::runtime_error("cannot send");
}

void EntranceClient::ReadUntil(std::string_view end) {
    std::string received;
    while (received.find(end) == received.npos) {
        char chunk[4096];
        const ssize_t size = tls_ ? SSL_read(tls_.get(), chunk, sizeof chunk)
                                  : recv(socket_.Get(), chunk, sizeof chunk, 0);
        if (size <= 0) throw std::runtime_error("no answer");
        received.append(chunk, static_cast<std::size_t>(size));
    }
}

}  // namespace amber::bench
