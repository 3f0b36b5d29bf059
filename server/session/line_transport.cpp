#include "server/session/line_transport.h"

#include "server/entrance/proxy_header.h"
#include "server/entrance/proxy_warning.h"
#include "server/wire/wire.h"

namespace amber::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int kReadsInARow = 4;                   ///< then other sessions have their turn
constexpr std::size_t kDrainBytes = 1024 * 1024;  ///< thrown away after Finish(), at most

class LineTransport final : public Transport {
public:
    LineTransport(asio::io_context& context, Arrival arrival, std::span<char> scratch)
        : name_(NameOf(arrival.kind)),
          peer_(std::move(arrival.peer)),
          wire_(context, std::move(arrival.descriptor), std::move(arrival.tls)),
          scratch_(scratch) {}

    void Start(std::shared_ptr<TransportEvents> events) override {
        events_ = events;
        reading_ = true;
        if (!wire_.IsOpen()) return CloseSoon();
        wire_.SendAtOnce();
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
        wire_.EndOutput();
        finishing_ = true;
        reading_ = true;
        if (input_ended_) return CloseSoon();
        WaitForInput();
    }

    void Abort() override { wire_.Close(); }

    const char* Name() const override { return name_; }
    std::string Peer() const override { return peer_; }
    std::uint64_t BytesRead() const override { return bytes_read_; }

private:
    void WaitForInput() {
        if (waiting_ || in_read_ || !reading_ || input_ended_ || !wire_.IsOpen()) return;
        auto events = events_.lock();
        if (!events) return;
        waiting_ = true;
        wire_.Wait(read_needs_, [this, keep = std::move(events)](error_code e) {
            waiting_ = false;
            if (!e && wire_.IsOpen()) Read(*keep);
        });
    }

    void Read(TransportEvents& events) {
        in_read_ = true;
        ReadSome(events);
        in_read_ = false;
        WaitForInput();
    }

    void ReadSome(TransportEvents& events) {
        read_needs_ = WireState::wait_read;
        for (int i = 0; i < kReadsInARow && reading_ && wire_.IsOpen(); ++i) {
            const WireResult got = finishing_ ? wire_.Drain(scratch_) : wire_.Read(scratch_);
            switch (got.state) {
                case WireState::done:
                    break;
                case WireState::wait_read:
                case WireState::wait_write:
                    read_needs_ = got.state;
                    return;
                case WireState::ended:
                    input_ended_ = true;
                    if (finishing_) return events.OnClosed();
                    return events.OnEndOfInput();
                case WireState::failed:
                    return events.OnClosed();
            }
            bytes_read_ += got.size;
            if (!Take(events, {scratch_.data(), got.size})) return events.OnClosed();
            if (got.size < scratch_.size()) break;
        }
    }

    /// False if the connection is to be closed.
    bool Take(TransportEvents& events, std::string_view bytes) {
        if (finishing_) {
            drained_ += bytes.size();
            return drained_ <= kDrainBytes;
        }
        if (!std::exchange(begun_, true) &&
            ReadProxyHeader(bytes).state == ProxyHeader::State::complete) {
            WarnOfProxyHeader(peer_, "a PROXY header, and --proxy-protocol does not name it");
            return false;
        }
        events.OnBytes(bytes);
        return true;
    }

    /// Sends what the kernel takes. True if that is all.
    bool Send() {
        const WireResult sent = wire_.Write(unsent_);
        unsent_.remove_prefix(sent.size);
        if (sent.state == WireState::done) return true;
        if (sent.state == WireState::failed) {
            CloseSoon();
            return false;
        }
        wire_.Wait(sent.state, [this, keep = events_.lock()](error_code e) {
            if (e || !wire_.IsOpen()) return;
            const std::size_t before = unsent_.size();
            if (Send()) return keep->OnWritten();
            if (unsent_.size() < before) keep->OnWriteProgress();
        });
        return false;
    }

    void CloseSoon() {
        asio::post(wire_.Executor(), [keep = events_.lock()] { keep->OnClosed(); });
    }

    const char* name_;
    std::string peer_;
    Wire wire_;
    std::span<char> scratch_;
    std::weak_ptr<TransportEvents> events_;
    std::string_view unsent_;
    std::uint64_t bytes_read_ = 0;
    std::size_t drained_ = 0;
    WireState read_needs_ = WireState::wait_read;
    bool reading_ = false;
    bool waiting_ = false;  ///< a wait for input is under way
    bool in_read_ = false;  ///< whoever asks for reading meanwhile will have it
    bool begun_ = false;    ///< something has been read
    bool input_ended_ = false;
    bool finishing_ = false;
};

}  // namespace

std::unique_ptr<Transport> MakeLineTransport(asio::io_context& context, Arrival arrival,
                                             std::span<char> scratch) {
    return std::make_unique<LineTransport>(context, std::move(arrival), scratch);
}

}  // namespace amber::server
