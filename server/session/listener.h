#pragma once
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

namespace amber::server {

/// Accepts connections on one address and hands each to the I/O thread chosen for it. When the
/// process has no descriptors left it waits a little instead of spinning.
/// Thread: Start() and Stop() on any; all else on the thread of the context it was made with.
class Listener : public std::enable_shared_from_this<Listener> {
public:
    using Socket = boost::asio::ip::tcp::socket;
    /// The context the next connection shall live on.
    using Choose = std::function<boost::asio::io_context&()>;
    using Accepted = std::function<void(Socket)>;

    /// Throws std::runtime_error that names the address, if it cannot be listened on.
    Listener(boost::asio::io_context& context, const std::string& host, std::uint16_t port,
             Choose choose, Accepted accepted);

    void Start();
    void Stop();
    [[nodiscard]] std::uint16_t Port() const { return port_; }

private:
    void Accept();

    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    Choose choose_;
    Accepted accepted_;
    std::uint16_t port_ = 0;
};

/// An IPv4 or IPv6 address and port. Throws std::runtime_error that names a malformed address.
boost::asio::ip::tcp::endpoint MakeEndpoint(const std::string& host, std::uint16_t port);

/// Throws as Listener does if the address cannot be listened on now; leaves it free.
void CheckAddress(const std::string& host, std::uint16_t port);

/// Opens, binds and listens. Throws as Listener does.
void Listen(boost::asio::ip::tcp::acceptor& acceptor,
            const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace amber::server
