#include "server/entrance/opening.h"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <boost/beast/http/parser.hpp>
#include <cerrno>
#include <tuple>

#include "server/entrance/forwarded_for.h"
#include "server/entrance/proxy_header.h"
#include "server/entrance/proxy_warning.h"
#include "server/wire/peer_name.h"

namespace amber::server {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kRequestMax = 8192;
constexpr std::size_t kRecordHead = 5, kRecordMax = 16384;
constexpr std::uint8_t kHandshakeRecord = 22;
constexpr std::string_view kForwardedFor = "X-Forwarded-For";

void SetWakeBytes(int descriptor, std::size_t size) {
    const int least = static_cast<int>(size);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

/// All headers of that name, as one.
std::string ForwardedForOf(const UpgradeRequest& request) {
    std::string all;
    const auto [begin, end] = request.equal_range(kForwardedFor);
    for (auto field = begin; field != end; ++field) {
        if (!all.empty()) all += ',';
        all += field->value();
    }
    return all;
}

}  // namespace

bool IsTrusted(const Accepted& accepted, const TrustedProxies& proxies) {
    if (!accepted.peer) return proxies.unix_sockets;
    return AnyContains(proxies.subnets, accepted.peer->address());
}

Opening::Opening(boost::asio::io_context& context, Accepted accepted, Plan plan,
                 const TrustedProxies& proxies, Done done)
    : plan_(std::move(plan)),
      proxies_(proxies),
      accepted_from_(accepted.peer),
      done_(std::move(done)),
      guest_(std::move(accepted.guest)),
      wire_(context, std::move(accepted.descriptor), nullptr),
      stage_(plan_.trusted ? Stage::proxy_header : Next(Stage::proxy_header)) {}

Opening::Stage Opening::Next(Stage stage) const {
    if (stage == Stage::proxy_header && HasTls(plan_.kind)) return Stage::hello;
    if (stage == Stage::hello) return Stage::handshake;
    if (stage < Stage::request && IsWebSocket(plan_.kind)) return Stage::request;
    return Stage::open;
}

void Opening::Abort() {
    done_ = nullptr;
    wire_.Close();
}

void Opening::Go() {
    while (stage_ != Stage::open) {
        const WireResult result = wire_.IsOpen() ? Work() : WireResult{WireState::failed};
        switch (result.state) {
            case WireState::done:
                if (!guest_ && KnowsClient()) {
                    guest_ = plan_.welcome(Client());
                    if (!guest_) return Fail();
                }
                stage_ = Next(stage_);
                break;
            case WireState::wait_read:
            case WireState::wait_write:
                return wire_.Wait(result.state,
                                  [self = shared_from_this()](boost::system::error_code error) {
                                      if (!error && self->done_) self->Go();
                                  });
            case WireState::ended:
            case WireState::failed:
                return Fail();
        }
    }
    Finish();
}

WireResult Opening::Work() {
    switch (stage_) {
        case Stage::proxy_header:
            return TakeProxyHeader();
        case Stage::hello:
            return AwaitHello();
        case Stage::handshake:
            return wire_.Handshake();
        case Stage::request:
            return TakeRequest();
        case Stage::open:
            break;
    }
    std::abort();
}

/// Looks before it takes, as what follows the header belongs to others.
WireResult Opening::TakeProxyHeader() {
    while (true) {
        std::array<char, kProxyHeaderMax> chunk;
        const std::size_t before = bytes_.size();
        const ssize_t size =
            recv(wire_.Native(), chunk.data(), chunk.size() - before, MSG_PEEK | MSG_DONTWAIT);
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {WireState::wait_read};
        if (size <= 0) return {WireState::failed};
        bytes_.append(chunk.data(), static_cast<std::size_t>(size));
        const ProxyHeader header = ReadProxyHeader(bytes_);
        switch (header.state) {
            case ProxyHeader::State::complete:
                client_ = header.client;
                has_proxy_header_ = true;
                bytes_ = std::string();
                return Consume(header.size - before);
            case ProxyHeader::State::incomplete:
                if (Consume(static_cast<std::size_t>(size)).state != WireState::done)
                    return {WireState::failed};
                break;
            case ProxyHeader::State::absent:
                bytes_ = std::string();
                // A proxy that speaks HTTP says it in the request.
                if (IsWebSocket(plan_.kind) && before == 0) return {WireState::done};
                WarnOfProxyHeader(Peer(),
                                  "a proxy that --proxy-protocol names sent no PROXY header");
                return {WireState::failed};
            case ProxyHeader::State::malformed:
                WarnOfProxyHeader(Peer(), "its PROXY header is malformed");
                return {WireState::failed};
        }
    }
}

WireResult Opening::Consume(std::size_t size) {
    std::array<char, kProxyHeaderMax> taken;
    const ssize_t got = recv(wire_.Native(), taken.data(), size, MSG_DONTWAIT);
    return {got == static_cast<ssize_t>(size) ? WireState::done : WireState::failed};
}

/// A record of the handshake (RFC 8446, 5.1): type 22 | version (2) | length of the rest (2).
WireResult Opening::AwaitHello() {
    std::array<std::uint8_t, kRecordHead> head;
    WireResult result = AwaitBytes(head.size());
    if (result.state != WireState::done) return result;
    recv(wire_.Native(), head.data(), head.size(), MSG_PEEK | MSG_DONTWAIT);
    const std::size_t length = std::size_t{head[3]} << 8 | head[4];
    if (head[0] != kHandshakeRecord || length > kRecordMax) return {WireState::failed};
    result = AwaitBytes(head.size() + length);
    if (result.state != WireState::done) return result;
    SetWakeBytes(wire_.Native(), 1);
    SslPtr tls = plan_.begin_tls(wire_.Native());
    if (!tls) return {WireState::failed};
    wire_.BeginTls(std::move(tls));
    return {WireState::done};
}

/// Has the system wake us only when so many bytes are there, and leaves them there.
WireResult Opening::AwaitBytes(std::size_t size) {
    int there = 0;
    if (ioctl(wire_.Native(), FIONREAD, &there) != 0) return {WireState::failed};
    if (static_cast<std::size_t>(there) >= size) return {WireState::done};
    // It wakes us, too, when no more will come.
    pollfd ended{wire_.Native(), POLLRDHUP, 0};
    if (poll(&ended, 1, 0) != 0) return {WireState::failed};
    SetWakeBytes(wire_.Native(), size);
    return {WireState::wait_read};
}

WireResult Opening::TakeRequest() {
    while (bytes_.find("\r\n\r\n") == bytes_.npos) {
        std::array<char, kRequestMax> chunk;
        const WireResult got = wire_.Read(chunk);
        if (got.state != WireState::done) return got;
        if (bytes_.size() + got.size > kRequestMax) return {WireState::failed};
        bytes_.append(chunk.data(), got.size);
    }
    const WireResult parsed = ParseRequest();
    bytes_ = std::string();
    return parsed;
}

WireResult Opening::ParseRequest() {
    http::request_parser<http::empty_body> parser;
    parser.header_limit(kRequestMax);
    boost::system::error_code error;
    const std::size_t size = parser.put(boost::asio::buffer(bytes_), error);
    // Nothing may follow before it is answered.
    if (error || !parser.is_done() || size != bytes_.size()) return {WireState::failed};
    request_ = std::make_unique<UpgradeRequest>(parser.release());
    return {WireState::done};
}

/// A proxy that has sent no PROXY header speaks HTTP.
bool Opening::KnowsClient() const { return has_proxy_header_ || stage_ == Stage::request; }

std::optional<boost::asio::ip::address> Opening::Forwarded() const {
    // A client's own X-Forwarded-For has come through a proxy that speaks for it already.
    if (!plan_.trusted || has_proxy_header_ || !request_) return std::nullopt;
    return ForwardedFor(ForwardedForOf(*request_), proxies_.subnets);
}

std::optional<boost::asio::ip::address> Opening::Client() const {
    if (client_) return client_->address();
    if (const auto client = Forwarded()) return client;
    return accepted_from_ ? std::optional(accepted_from_->address()) : std::nullopt;
}

std::string Opening::Peer() const {
    if (client_) return NameOf(*client_);
    if (const auto client = Forwarded()) return client->to_string();
    return accepted_from_ ? NameOf(*accepted_from_) : "unix";
}

void Opening::Finish() {
    Arrival arrival{.kind = plan_.kind,
                    .peer = Peer(),
                    .guest = std::move(guest_),
                    .descriptor = {},
                    .tls = {},
                    .upgrade = nullptr};
    arrival.upgrade = std::move(request_);
    std::tie(arrival.descriptor, arrival.tls) = wire_.Release();
    std::exchange(done_, nullptr)(std::move(arrival));
}

void Opening::Fail() {
    if (stage_ == Stage::handshake && !wire_.Error().empty())
        spdlog::debug("no TLS with {}: {}", Peer(), wire_.Error());
    wire_.Close();
    std::exchange(done_, nullptr)(std::nullopt);
}

}  // namespace amber::server
