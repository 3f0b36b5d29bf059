#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <span>
#include <string_view>
#include <utility>

#include "server/wire/descriptor.h"
#include "server/wire/openssl.h"

namespace amber::server {

enum class WireState {
    done,
    wait_read,   ///< try again when the descriptor can be read
    wait_write,  ///< try again when it can be written
    ended,       ///< the peer will send nothing more
    failed,      ///< the connection is of no use any more
};
struct WireResult {
    WireState state = WireState::done;
    std::size_t size = 0;  ///< bytes read or written
};

/// The bytes of one connection, plain or inside TLS, over a descriptor that never blocks. Reads and
/// writes between it and the caller's buffers; an idle wire holds none of its own, as OpenSSL works
/// on the descriptor and gives its buffers back.
/// Thread: that of its context. Needs SIGPIPE to be ignored.
class Wire {
public:
    using Waiter = boost::asio::posix::stream_descriptor;

    /// `tls` is null for a plain connection. A descriptor that cannot be waited for makes the wire
    /// a closed one.
    Wire(boost::asio::io_context& context, Descriptor descriptor, SslPtr tls);

    /// For a wire made plain. `tls` must be set up for its descriptor.
    void BeginTls(SslPtr tls) { tls_ = std::move(tls); }
    /// The half of the TLS handshake that `tls` was made for. `failed`: see Error().
    WireResult Handshake();
    /// Reads what is there, up to the size of `into`. If that is less, Wait() tells of more.
    WireResult Read(std::span<char> into);
    /// `done` when all is written. Else Write() of the rest must follow, with the same bytes.
    WireResult Write(std::string_view bytes);
    /// Reads and throws away what still comes, as it comes. For after EndOutput().
    WireResult Drain(std::span<char> scratch);
    /// Tells the peer that nothing more will come.
    void EndOutput();
    void Close();
    /// Writes go out at once: nothing is won by waiting for more.
    void SendAtOnce();
    [[nodiscard]] bool IsOpen() const { return waiter_.is_open(); }
    [[nodiscard]] int Native() { return waiter_.native_handle(); }
    Waiter::executor_type Executor() { return waiter_.get_executor(); }

    /// Calls `handler(error_code)` when it is worth trying again after `state`, a wait_...
    template <class Handler>
    void Wait(WireState state, Handler&& handler) {
        if (state == WireState::wait_read && HasReadAhead())
            return boost::asio::post(waiter_.get_executor(),
                                     [handler = std::forward<Handler>(handler)]() mutable {
                                         handler(boost::system::error_code());
                                     });
        waiter_.async_wait(state == WireState::wait_read ? Waiter::wait_read : Waiter::wait_write,
                           std::forward<Handler>(handler));
    }

    /// Takes the connection out, to be moved to another thread.
    std::pair<Descriptor, SslPtr> Release();
    /// Why the TLS of this connection failed.
    [[nodiscard]] const std::string& Error() const { return error_; }

private:
    WireResult TlsResult(int returned);
    [[nodiscard]] bool HasReadAhead() const;

    Waiter waiter_;
    SslPtr tls_;
    std::string error_;
    bool failed_ = false;  ///< OpenSSL may not be asked any more
};

}  // namespace amber::server
