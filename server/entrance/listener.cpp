#include "server/entrance/listener.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>

#include "server/wire/peer_name.h"

namespace amber::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using local = asio::local::stream_protocol;
using tcp = asio::ip::tcp;

constexpr std::chrono::milliseconds kPause{100};
constexpr int kBacklog = 1024;
constexpr std::uint16_t kFirstFreePort = 1024;  ///< below, only root may listen
constexpr int kAcceptsInARow = 64;              ///< then others on this thread have their turn

std::string Named(const std::string& where, std::string_view option) {
    return "cannot listen on " + where + " (--" + std::string(option) + "): ";
}

std::runtime_error CannotListen(const tcp::endpoint& at, std::string_view option,
                                const error_code& error) {
    std::string remedy;
    if (error == asio::error::address_in_use)
        remedy =
            "; another program, perhaps another amberd, holds the port: end it, or choose "
            "another port";
    else if (error == asio::error::access_denied)
        remedy = at.port() < kFirstFreePort ? "; ports below 1024 are root's: choose a higher one"
                                            : "; the system forbids it: choose another";
    else if (error == boost::system::errc::address_not_available)
        remedy = "; this machine does not have that address: choose one of its own";
    else
        remedy = "; choose another";
    return std::runtime_error(Named(NameOf(at), option) + error.message() + remedy + " with --" +
                              std::string(option) + " HOST:PORT");
}

std::runtime_error CannotListen(const std::string& path, TransportKind kind,
                                const error_code& error) {
    const std::string_view remedy =
        error == asio::error::address_in_use
            ? "another program, perhaps another amberd, listens there, or a file that is no socket "
              "is in the way: choose another path"
            : "choose a path in a folder that is there and that amberd may write to";
    const std::string_view option = NameOf(kind);
    return std::runtime_error(Named("unix:" + path, option) + error.message() + "; " +
                              std::string(remedy) + " with --" + std::string(option) +
                              " unix:PATH");
}

/// A socket file that a process which did not end well has left; nobody answers on it.
void RemoveStale(asio::io_context& context, const std::string& path) {
    local::socket probe(context);
    error_code error;
    probe.connect(local::endpoint(path), error);
    if (error == asio::error::connection_refused) unlink(path.c_str());
}

/// Whoever may enter the folder may connect, as on a port.
Descriptor ListenOnPath(asio::io_context& context, const ListenOptions& address) {
    const std::string& path = address.unix_path;
    try {
        RemoveStale(context, path);
        local::acceptor acceptor(context, local::endpoint(path));
        chmod(path.c_str(), 0666);
        return Descriptor(acceptor.release());
    } catch (const boost::system::system_error& error) {
        throw CannotListen(path, address.transport, error.code());
    }
}

/// Listens; says on which port if it is one.
Descriptor Open(asio::io_context& context, const ListenOptions& address, std::uint16_t& port) {
    if (!address.unix_path.empty()) return ListenOnPath(context, address);
    tcp::acceptor acceptor(context);
    const std::string_view option = NameOf(address.transport);
    Listen(acceptor, MakeEndpoint(address.host, address.port, option), option);
    port = acceptor.local_endpoint().port();
    return Descriptor(acceptor.release());
}

/// Nothing if nobody is waiting any more, or if that failed; errno says which.
std::optional<Accepted> AcceptOne(int listening) {
    tcp::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    Accepted accepted;
    accepted.descriptor.Reset(accept4(listening, peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!accepted.descriptor.IsOpen()) return std::nullopt;
    const int family = peer.data()->sa_family;
    if (size > sizeof(sa_family_t) && (family == AF_INET || family == AF_INET6)) {
        peer.resize(size);
        accepted.peer = peer;
    }
    return accepted;
}

}  // namespace

tcp::endpoint MakeEndpoint(const std::string& host, std::uint16_t port, std::string_view option) {
    error_code failed;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, failed);
    if (failed) throw std::runtime_error(Named(host, option) + "not an IP address");
    return {address, port};
}

void Listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, std::string_view option) {
    try {
        acceptor.open(endpoint.protocol());
        acceptor.set_option(tcp::acceptor::reuse_address(true));
        if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true));
        acceptor.bind(endpoint);
        acceptor.listen(kBacklog);
    } catch (const boost::system::system_error& error) {
        throw CannotListen(endpoint, option, error.code());
    }
}

void CheckAddress(const ListenOptions& address) {
    asio::io_context context;
    std::uint16_t port = 0;
    const Descriptor listening = Open(context, address, port);
    if (!address.unix_path.empty()) unlink(address.unix_path.c_str());
}

Listener::Listener(asio::io_context& context, const ListenOptions& address, Take take)
    : address_(address), socket_(context), pause_(context), take_(std::move(take)) {
    Descriptor listening = Open(context, address_, port_);
    socket_.assign(listening.Get());
    static_cast<void>(listening.Release());
    socket_.non_blocking(true);
}

Listener::~Listener() { Close(); }

std::string Listener::Name() const {
    const std::string option(NameOf(address_.transport));
    if (!address_.unix_path.empty()) return option + " unix:" + address_.unix_path;
    return option + ' ' + NameOf(MakeEndpoint(address_.host, port_, option));
}

void Listener::Start() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->Wait(); });
}

void Listener::Stop() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
        self->Close();
        self->pause_.cancel();
    });
}

void Listener::Close() {
    if (!socket_.is_open()) return;
    error_code ignored;
    socket_.close(ignored);
    if (!address_.unix_path.empty()) unlink(address_.unix_path.c_str());
}

void Listener::Wait() {
    socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](error_code error) {
                           if (!error && self->socket_.is_open()) self->AcceptAll();
                       });
}

void Listener::AcceptAll() {
    for (int i = 0; i < kAcceptsInARow; ++i) {
        auto accepted = AcceptOne(socket_.native_handle());
        if (accepted) {
            take_(std::move(*accepted));
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) break;
        if (errno == ECONNABORTED || errno == EINTR) continue;
        spdlog::warn("cannot accept a connection on port {}: {}", port_, std::strerror(errno));
        return Pause();
    }
    Wait();
}

void Listener::Pause() {
    pause_.expires_after(kPause);
    pause_.async_wait([self = shared_from_this()](error_code stopped) {
        if (!stopped && self->socket_.is_open()) self->Wait();
    });
}

}  // namespace amber::server
