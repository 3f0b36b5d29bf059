#pragma once
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/peers/peer_check.h"
#include "server/peers/peer_options.h"
#include "server/peers/socks5.h"
#include "server/protocol/line_buffer.h"
#include "server/wire/wire.h"

namespace amber::server {

/// What all visits share; outlives them.
struct VisitMeans {
    const PeerOptions& options;
    const PeerCheck::Terms& terms;
    const OurChain& chain;
    SslContextPtr tls;  ///< no certificate is checked: peers have their own
};

/// One visit to a peer: finds its address, dials it (in TLS first, then plain; through the proxy if
/// need be), and leaves the talking to a PeerCheck for each connection. Only what that says to have
/// failed is tried at the next port.
/// Bounds: kEndpointsMax addresses of a name; one time limit for each port.
/// Thread: that of the context. Keeps itself alive until it is done, or aborted.
class PeerVisit : public std::enable_shared_from_this<PeerVisit> {
public:
    using tcp = boost::asio::ip::tcp;
    static constexpr std::size_t kEndpointsMax = 4;

    struct Result {
        PeerVerdict verdict;
        std::string address;  ///< it was reached at; empty through a proxy
    };
    /// Why a peer at that address need not be talked to; nothing if it should be.
    using WhyNot = std::function<std::optional<std::string>(const std::string& address)>;
    using Done = std::function<void(Result)>;

    /// `announcement`: see PeerCheck.
    PeerVisit(boost::asio::io_context& context, const VisitMeans& means, PeerHost host,
              std::string announcement, WhyNot why_not, Done done);

    void Start();
    /// Done is not called any more.
    void Abort();

private:
    enum class Stage { proxy, handshake, talk };

    [[nodiscard]] bool Proxied() const;
    void LookUp(const std::string& name, std::uint16_t port);
    void Begin(std::vector<tcp::endpoint> endpoints);
    /// Dials the next port.
    void NextPort();
    void Dial(std::size_t endpoint);
    void BindToOurs(const tcp::endpoint& to);
    void OnConnected(const tcp::endpoint& to);
    bool BeginTls();
    /// Works until it must wait, or there is a verdict.
    void Go();
    WireResult Work();
    WireResult TalkToProxy();
    WireResult Talk();
    WireResult Send();
    void Say(WireState state);
    void Arm();
    void OnVerdict();
    void End(PeerVerdict verdict);

    boost::asio::io_context& context_;
    const VisitMeans& means_;
    const PeerHost host_;
    const std::string announcement_;
    const WhyNot why_not_;
    Done done_;

    tcp::resolver resolver_;
    tcp::socket socket_;  ///< while dialling
    boost::asio::steady_timer timer_;
    std::vector<tcp::endpoint> endpoints_;
    unsigned ports_tried_ = 0;  ///< the one at hand included; tells late events from its own
    bool tls_ = false;
    std::uint16_t port_ = 0;

    // Of the connection at hand:
    std::unique_ptr<PeerCheck> check_;
    std::unique_ptr<Wire> wire_;
    Stage stage_ = Stage::talk;
    std::optional<Socks5> socks_;
    LineBuffer lines_{PeerCheck::kLineMax};
    std::string sending_;
    std::array<char, 16 << 10> chunk_;
    std::string address_;
    std::string trouble_;  ///< of the ports tried before
};

}  // namespace amber::server
