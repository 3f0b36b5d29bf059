#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/wire/openssl.h"
#include "tests/server/test_client.h"

namespace amber::test {

using TicketPtr = std::unique_ptr<SSL_SESSION, server::OpenSslFree<SSL_SESSION_free>>;

/// A plain blocking TLS client with lines. Thread: one.
class TlsClient {
public:
    struct Options {
        int version_min = TLS1_2_VERSION;
        int version_max = TLS1_3_VERSION;
        SSL_SESSION* ticket = nullptr;  ///< of an earlier connection
        std::string before = {};        ///< sent in front of the handshake
    };

    /// Shakes hands. Throws std::runtime_error if that fails.
    explicit TlsClient(std::uint16_t port) : TlsClient(port, Options{}) {}
    TlsClient(std::uint16_t port, const Options& options);

    /// Throws std::runtime_error if it is not taken within 10 s.
    void Send(std::string_view bytes);
    /// Nothing when the server has closed, in order or not (see ClosedInOrder()).
    std::optional<std::string> ReadLine();
    std::string Ask(const std::string& line);
    void EndInput() { SSL_shutdown(tls_.get()); }

    [[nodiscard]] bool IsResumed() const { return SSL_session_reused(tls_.get()) == 1; }
    [[nodiscard]] bool ClosedInOrder() const {
        return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }
    [[nodiscard]] int Version() const { return SSL_version(tls_.get()); }
    /// Of the server's certificate, SHA-256.
    [[nodiscard]] std::string Fingerprint() const;
    /// To resume with. TLS 1.3 has it only after something has been read.
    [[nodiscard]] TicketPtr Ticket() const { return TicketPtr(SSL_get1_session(tls_.get())); }
    [[nodiscard]] SSL* Native() { return tls_.get(); }
    [[nodiscard]] TestClient& Socket() { return socket_; }

private:
    TestClient socket_;
    server::SslContextPtr context_;
    server::SslPtr tls_;
    std::string received_;
};

}  // namespace amber::test
