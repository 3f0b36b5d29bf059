#include "server/session/listener.h"

#include <spdlog/spdlog.h>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <stdexcept>

#include "server/session/peer_name.h"

namespace amber::server {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::chrono::milliseconds kPause{100};
constexpr int kBacklog = 1024;

}  // namespace

tcp::endpoint MakeEndpoint(const std::string& host, std::uint16_t port) {
    boost::system::error_code failed;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, failed);
    if (failed) throw std::runtime_error("cannot listen on " + host + ": not an IP address");
    return {address, port};
}

void Listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
    try {
        acceptor.open(endpoint.protocol());
        acceptor.set_option(tcp::acceptor::reuse_address(true));
        if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true));
        acceptor.bind(endpoint);
        acceptor.listen(kBacklog);
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error("cannot listen on " + NameOf(endpoint) + ": " +
                                 error.code().message());
    }
}

void CheckAddress(const std::string& host, std::uint16_t port) {
    asio::io_context context;
    tcp::acceptor acceptor(context);
    Listen(acceptor, MakeEndpoint(host, port));
}

Listener::Listener(asio::io_context& context, const std::string& host, std::uint16_t port,
                   Choose choose, Accepted accepted)
    : acceptor_(context),
      pause_(context),
      choose_(std::move(choose)),
      accepted_(std::move(accepted)) {
    Listen(acceptor_, MakeEndpoint(host, port));
    port_ = acceptor_.local_endpoint().port();
}

void Listener::Start() {
    asio::post(acceptor_.get_executor(), [self = shared_from_this()] { self->Accept(); });
}

void Listener::Stop() {
    asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
        boost::system::error_code ignored;
        self->acceptor_.close(ignored);
        self->pause_.cancel();
    });
}

void Listener::Accept() {
    acceptor_.async_accept(choose_(), [self = shared_from_this()](boost::system::error_code error,
                                                                  Socket socket) {
        if (!self->acceptor_.is_open()) return;
        if (!error) {
            self->accepted_(std::move(socket));
            return self->Accept();
        }
        if (error != asio::error::connection_aborted)
            spdlog::warn("cannot accept a connection on port {}: {}", self->port_, error.message());
        self->pause_.expires_after(kPause);
        self->pause_.async_wait([self](boost::system::error_code stopped) {
            if (!stopped && self->acceptor_.is_open()) self->Accept();
        });
    });
}

}  // namespace amber::server
