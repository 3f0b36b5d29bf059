#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/entrance/arrival.h"
#include "server/entrance/listener.h"
#include "server/wire/wire.h"

namespace amber::server {

/// A new connection on its way to a session: takes the PROXY header off, if one must stand there,
/// shakes hands (TLS), and reads the HTTP request that asks for a WebSocket, as far as its kind
/// needs them. Holds a few kilobytes at most, and nothing for TLS before a whole ClientHello is
/// there: who connects and is silent costs a descriptor. How long it may take is the door's to
/// watch. Thread: that of its context.
class Opening : public std::enable_shared_from_this<Opening> {
public:
    struct Plan {
        TransportKind kind = TransportKind::tcp;
        bool trusted = false;  ///< comes from a trusted proxy
        /// Called when a client has said enough to begin a TLS handshake with; may return null.
        std::function<SslPtr(int descriptor)> begin_tls;
        /// Called as soon as it is known whom a trusted proxy speaks for; null if that client is
        /// not welcome.
        std::function<GuestPtr(const std::optional<boost::asio::ip::address>& client)> welcome;
    };
    /// Called once, from Start() or later: what came of it; nothing if the connection is lost.
    using Done = std::function<void(std::optional<Arrival>)>;

    /// Borrows `proxies`, which outlives it.
    Opening(boost::asio::io_context& context, Accepted accepted, Plan plan,
            const TrustedProxies& proxies, Done done);

    void Start() { Go(); }
    /// Closes the connection. Done is not called.
    void Abort();

private:
    enum class Stage { proxy_header, hello, handshake, request, open };

    void Go();
    Stage Next(Stage stage) const;
    WireResult Work();
    [[nodiscard]] bool KnowsClient() const;
    [[nodiscard]] std::optional<boost::asio::ip::address> Forwarded() const;
    [[nodiscard]] std::optional<boost::asio::ip::address> Client() const;
    WireResult TakeProxyHeader();
    WireResult Consume(std::size_t size);
    WireResult AwaitHello();
    WireResult AwaitBytes(std::size_t size);
    WireResult TakeRequest();
    WireResult ParseRequest();
    void Finish();
    void Fail();
    [[nodiscard]] std::string Peer() const;

    const Plan plan_;
    const TrustedProxies& proxies_;
    const std::optional<boost::asio::ip::tcp::endpoint> accepted_from_;
    Done done_;
    GuestPtr guest_;  ///< null while it is not known who that is
    Wire wire_;
    Stage stage_;
    std::string bytes_;  ///< of the header or request that is not whole yet
    bool has_proxy_header_ = false;
    std::optional<boost::asio::ip::tcp::endpoint> client_;  ///< as the PROXY header has it
    std::unique_ptr<UpgradeRequest> request_;
};

/// Whether what stands in front of a connection's own bytes is believed.
bool IsTrusted(const Accepted& accepted, const TrustedProxies& proxies);

}  // namespace amber::server
