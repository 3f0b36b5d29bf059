#pragma once
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/buffer_traits.hpp>
#include <boost/beast/core/role.hpp>
#include <cstdint>

#include "server/wire/wire.h"

namespace amber::server {

/// A Wire as Asio and Beast want a stream: the layer below a WebSocket. Waits, and then reads into
/// the buffer it is given.
class WireStream {
public:
    using executor_type = Wire::Waiter::executor_type;

    WireStream(boost::asio::io_context& context, Descriptor descriptor, SslPtr tls)
        : wire_(context, std::move(descriptor), std::move(tls)) {}

    executor_type get_executor() { return wire_.Executor(); }
    Wire& GetWire() { return wire_; }
    [[nodiscard]] std::uint64_t BytesRead() const { return bytes_read_; }
    /// Reads fail when that much more has come.
    void Allow(std::uint64_t bytes) { read_at_most_ = bytes_read_ + bytes; }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(
            ReadSome{*this, FirstOf(buffers)}, token, wire_.Executor());
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(
            WriteSome<Buffers>{wire_, buffers}, token, wire_.Executor());
    }

private:
    using error_code = boost::system::error_code;

    /// As much as is copied to be written at once: what fits into a TLS record.
    static constexpr std::size_t kWriteBytes = 16 << 10;

    static bool MustWait(const WireResult& result) {
        return result.state == WireState::wait_read || result.state == WireState::wait_write;
    }
    static error_code ErrorOf(WireState state) {
        if (state == WireState::ended) return boost::asio::error::eof;
        if (state == WireState::failed) return boost::asio::error::connection_reset;
        return {};
    }
    template <class Buffers>
    static boost::asio::mutable_buffer FirstOf(const Buffers& buffers) {
        for (const boost::asio::mutable_buffer buffer : boost::beast::buffers_range_ref(buffers))
            if (buffer.size() > 0) return buffer;
        return {};
    }

    struct ReadSome {
        WireStream& stream;
        boost::asio::mutable_buffer into;
        bool begun = false;

        template <class Self>
        void operator()(Self& self, error_code error = {}) {
            Wire& wire = stream.wire_;
            WireResult got{WireState::wait_read};
            if (std::exchange(begun, true)) {
                if (!error && !wire.IsOpen()) error = boost::asio::error::operation_aborted;
                if (error) return self.complete(error, 0);
                got = wire.Read({static_cast<char*>(into.data()), into.size()});
            }
            if (MustWait(got)) return wire.Wait(got.state, std::move(self));
            stream.bytes_read_ += got.size;
            if (stream.bytes_read_ > stream.read_at_most_) got = {WireState::failed};
            self.complete(ErrorOf(got.state), got.size);
        }
    };

    template <class Buffers>
    struct WriteSome {
        Wire& wire;
        Buffers buffers;
        bool begun = false;

        template <class Self>
        void operator()(Self& self, error_code error = {}) {
            // Never done before the call that began it has returned.
            if (!std::exchange(begun, true))
                return boost::asio::post(wire.Executor(), std::move(self));
            if (!error && !wire.IsOpen()) error = boost::asio::error::operation_aborted;
            if (error) return self.complete(error, 0);
            // The head of a message and its text go out together.
            std::array<char, kWriteBytes> together;
            const std::size_t size =
                boost::asio::buffer_copy(boost::asio::buffer(together), buffers);
            const WireResult sent = wire.Write({together.data(), size});
            if (MustWait(sent) && sent.size == 0) return wire.Wait(sent.state, std::move(self));
            self.complete(sent.size > 0 ? error_code() : ErrorOf(sent.state), sent.size);
        }
    };

    Wire wire_;
    std::uint64_t bytes_read_ = 0, read_at_most_ = 0;
};

namespace detail {

/// Throws away what still comes, until the peer closes too.
struct DrainWire {
    static constexpr std::size_t kMost = 1024 * 1024;

    Wire& wire;
    bool begun = false;
    std::size_t drained = 0;

    template <class Self>
    void operator()(Self& self, boost::system::error_code error = {}) {
        if (std::exchange(begun, true)) {
            std::array<char, 4096> scratch;
            while (!error && wire.IsOpen() && drained <= kMost) {
                const WireResult got = wire.Drain(scratch);
                if (got.state == WireState::wait_read) break;
                if (got.state != WireState::done) return self.complete({});
                drained += got.size;
            }
        }
        if (error || !wire.IsOpen() || drained > kMost) return self.complete(error);
        wire.Wait(WireState::wait_read, std::move(self));
    }
};

}  // namespace detail

/// How Beast closes the layer below a WebSocket that is out of time; found by its name.
inline void beast_close_socket(WireStream& stream) { stream.GetWire().Close(); }

/// How Beast ends the layer below a WebSocket that is closed; found by its name.
template <class Handler>
void async_teardown(boost::beast::role_type, WireStream& stream, Handler&& handler) {
    stream.GetWire().EndOutput();
    boost::asio::async_compose<Handler, void(boost::system::error_code)>(
        detail::DrainWire{stream.GetWire()}, handler, stream.get_executor());
}

}  // namespace amber::server
