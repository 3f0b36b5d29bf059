#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/limits/guests.h"
#include "server/server_options.h"
#include "server/wire/descriptor.h"

namespace amber::server {

/// A connection as the system hands it over.
struct Accepted {
    Descriptor descriptor;  ///< does not block
    /// The other end. Nothing on a unix socket.
    std::optional<boost::asio::ip::tcp::endpoint> peer;
    /// Null from a trusted proxy, which has yet to say whom it speaks for.
    GuestPtr guest;

    [[nodiscard]] std::optional<boost::asio::ip::address> Address() const {
        return peer ? std::optional(peer->address()) : std::nullopt;
    }
};

/// Accepts connections on one address. When the process has no descriptors left it waits a little
/// instead of spinning.
/// Thread: Start() and Stop() on any; all else on the thread of the context it was made with.
class Listener : public std::enable_shared_from_this<Listener> {
public:
    using Take = std::function<void(Accepted)>;

    /// Throws std::runtime_error that names address, option and remedy, if it cannot be listened
    /// on.
    Listener(boost::asio::io_context& context, const ListenOptions& address, Take take);
    ~Listener();

    void Start();
    void Stop();
    /// 0 for a unix socket.
    [[nodiscard]] std::uint16_t Port() const { return port_; }
    /// For people: "tcp 127.0.0.1:50001", "ws unix:/run/amber.sock".
    [[nodiscard]] std::string Name() const;

private:
    void Wait();
    void AcceptAll();
    void Pause();
    void Close();

    const ListenOptions address_;
    boost::asio::posix::stream_descriptor socket_;
    boost::asio::steady_timer pause_;
    Take take_;
    std::uint16_t port_ = 0;
};

/// An IPv4 or IPv6 address and port. Throws std::runtime_error that names a malformed address and
/// the option it comes from (without dashes).
boost::asio::ip::tcp::endpoint MakeEndpoint(const std::string& host, std::uint16_t port,
                                            std::string_view option);

/// Throws as Listener does if the address cannot be listened on now; leaves it free.
void CheckAddress(const ListenOptions& address);

/// Opens, binds and listens, as `option` wants it. Throws as Listener does.
void Listen(boost::asio::ip::tcp::acceptor& acceptor,
            const boost::asio::ip::tcp::endpoint& endpoint, std::string_view option);

}  // namespace amber::server
