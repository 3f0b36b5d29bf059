#include "server/session/tcp_transport.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "server/session/peer_name.h"

namespace amber::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr int kReadsInARow = 4;                   ///< then other sessions have their turn
constexpr std::size_t kDrainBytes = 1024 * 1024;  ///< thrown away after Finish(), at most

bool WouldBlock(const error_code& error) {
    return error == asio::error::would_block || error == asio::error::try_again;
}

class TcpTransport final : public Transport {
public:
    TcpTransport(tcp::socket socket, std::span<char> scratch)
        : socket_(std::move(socket)), scratch_(scratch), peer_(PeerName(socket_)) {}

    void Start(std::shared_ptr<TransportEvents> events) override {
        events_ = events;
        error_code ignored;
        socket_.non_blocking(true, ignored);
        socket_.set_option(tcp::no_delay(true), ignored);
        reading_ = true;
        WaitForInput();
    }

    void SetReading(bool on) override {
        if (finishing_) return;
        reading_ = on;
        WaitForInput();
    }

    bool Write(std::string_view lines) override {
        unsent_ = lines;
        return Send();
    }

    void Finish() override {
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        finishing_ = true;
        reading_ = true;
        if (input_ended_) return CloseSoon();
        WaitForInput();
    }

    void Abort() override {
        error_code ignored;
        socket_.close(ignored);
    }

    const char* Name() const override { return "tcp"; }
    std::string Peer() const override { return peer_; }

private:
    void WaitForInput() {
        if (waiting_ || in_read_ || !reading_ || input_ended_ || !socket_.is_open()) return;
        auto events = events_.lock();
        if (!events) return;
        waiting_ = true;
        socket_.async_wait(tcp::socket::wait_read, [this, keep = std::move(events)](error_code e) {
            waiting_ = false;
            if (!e && socket_.is_open()) Read(*keep);
        });
    }

    void Read(TransportEvents& events) {
        in_read_ = true;
        ReadSome(events);
        in_read_ = false;
        WaitForInput();
    }

    void ReadSome(TransportEvents& events) {
        for (int i = 0; i < kReadsInARow && reading_ && socket_.is_open(); ++i) {
            error_code error;
            const std::size_t size =
                socket_.read_some(asio::buffer(scratch_.data(), scratch_.size()), error);
            if (WouldBlock(error)) break;
            if (error == asio::error::eof) {
                input_ended_ = true;
                if (finishing_) return events.OnClosed();
                return events.OnEndOfInput();
            }
            if (error) return events.OnClosed();
            if (finishing_) {
                drained_ += size;
                if (drained_ > kDrainBytes) return events.OnClosed();
            } else {
                events.OnBytes({scratch_.data(), size});
            }
            if (size < scratch_.size()) break;
        }
    }

    /// Sends what the kernel takes. True if that is all.
    bool Send() {
        error_code error;
        while (!unsent_.empty()) {
            const std::size_t size =
                socket_.write_some(asio::buffer(unsent_.data(), unsent_.size()), error);
            if (error) break;
            unsent_.remove_prefix(size);
        }
        if (unsent_.empty()) return true;
        if (!WouldBlock(error)) {
            CloseSoon();
            return false;
        }
        socket_.async_wait(tcp::socket::wait_write, [this, keep = events_.lock()](error_code e) {
            if (e || !socket_.is_open()) return;
            const std::size_t before = unsent_.size();
            if (Send()) return keep->OnWritten();
            if (unsent_.size() < before) keep->OnWriteProgress();
        });
        return false;
    }

    void CloseSoon() {
        asio::post(socket_.get_executor(), [this, keep = events_.lock()] {
            if (socket_.is_open()) keep->OnClosed();
        });
    }

    tcp::socket socket_;
    std::span<char> scratch_;
    std::string peer_;
    std::weak_ptr<TransportEvents> events_;
    std::string_view unsent_;
    std::size_t drained_ = 0;
    bool reading_ = false;
    bool waiting_ = false;  ///< an async_wait for input is under way
    bool in_read_ = false;  ///< whoever asks for reading meanwhile will have it
    bool input_ended_ = false;
    bool finishing_ = false;
};

}  // namespace

std::unique_ptr<Transport> MakeTcpTransport(tcp::socket socket, std::span<char> scratch) {
    return std::make_unique<TcpTransport>(std::move(socket), scratch);
}

}  // namespace amber::server
