#include "server/session/ws_transport.h"

#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>

#include "server/session/wire_stream.h"

namespace amber::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

constexpr std::chrono::seconds kHandshakeTimeout{10};
/// Heads of frames, and pings, that come with one message: who sends more means no good.
constexpr std::size_t kMostAround = 1 << 20;
constexpr std::size_t kKeptBuffer = 16 << 10;  ///< a larger one is given back after its message

class WebSocketTransport final : public Transport {
public:
    WebSocketTransport(asio::io_context& context, Arrival arrival,
                       const Live<std::size_t>& max_message)
        : name_(NameOf(arrival.kind)),
          peer_(std::move(arrival.peer)),
          request_(std::move(arrival.upgrade)),
          max_message_(max_message),
          stream_(context, std::move(arrival.descriptor), std::move(arrival.tls)) {
        stream_.set_option(websocket::stream_base::timeout{kHandshakeTimeout,
                                                           websocket::stream_base::none(), false});
        stream_.auto_fragment(false);
        stream_.text(true);
    }

    void Start(std::shared_ptr<TransportEvents> events) override {
        events_ = events;
        Wire& wire = stream_.next_layer().GetWire();
        if (wire.IsOpen()) wire.SendAtOnce();
        stream_.async_accept(*request_, [this, events](error_code error) {
            request_.reset();
            if (error) return Lose(*events);
            open_ = true;
            Read();
            if (!unsent_.empty()) SendNext();
        });
    }

    void SetReading(bool on) override {
        reading_ = on;
        Read();
    }

    bool Write(std::string_view lines) override {
        unsent_ = lines;
        if (open_) SendNext();
        return false;
    }

    void Finish() override {
        stream_.async_close(websocket::close_code::normal,
                            [this, keep = events_.lock()](error_code) { Lose(*keep); });
    }

    void Abort() override {
        stream_.next_layer().GetWire().Close();
        lost_ = true;
    }

    const char* Name() const override { return name_; }
    std::string Peer() const override { return peer_; }
    std::uint64_t BytesRead() const override { return stream_.next_layer().BytesRead(); }

private:
    void Lose(TransportEvents& events) {
        if (!lost_) events.OnClosed();
    }

    void Read() {
        if (!open_ || !reading_ || pending_read_ || lost_) return;
        pending_read_ = true;
        stream_.read_message_max(max_message_);
        stream_.next_layer().Allow(max_message_ + kMostAround);
        stream_.async_read(buffer_, [this, keep = events_.lock()](error_code error, std::size_t) {
            if (error) return Lose(*keep);
            const auto data = buffer_.cdata();
            keep->OnMessage({static_cast<const char*>(data.data()), data.size()});
            buffer_.consume(buffer_.size());
            pending_read_ = false;
            if (buffer_.capacity() > kKeptBuffer) buffer_.shrink_to_fit();
            Read();
        });
    }

    /// Sends the next line as a message of its own.
    void SendNext() {
        const std::size_t end = unsent_.find('\n');
        stream_.async_write(asio::buffer(unsent_.data(), end),
                            [this, keep = events_.lock(), end](error_code error, std::size_t) {
                                if (error) return Lose(*keep);
                                unsent_.remove_prefix(end + 1);
                                if (unsent_.empty()) return keep->OnWritten();
                                keep->OnWriteProgress();
                                if (!lost_) SendNext();
                            });
    }

    const char* name_;
    std::string peer_;
    std::unique_ptr<UpgradeRequest> request_;  ///< until it is answered
    const Live<std::size_t>& max_message_;
    websocket::stream<WireStream> stream_;
    beast::flat_buffer buffer_;
    std::weak_ptr<TransportEvents> events_;
    std::string_view unsent_;
    bool open_ = false;  ///< the handshake is done
    bool reading_ = true;
    bool pending_read_ = false;
    bool lost_ = false;
};

}  // namespace

std::unique_ptr<Transport> MakeWebSocketTransport(asio::io_context& context, Arrival arrival,
                                                  const Live<std::size_t>& max_message) {
    return std::make_unique<WebSocketTransport>(context, std::move(arrival), max_message);
}

}  // namespace amber::server
