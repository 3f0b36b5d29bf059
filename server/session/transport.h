#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace amber::server {

/// What happens on a connection. Called on its I/O thread.
class TransportEvents {
public:
    /// Bytes of a stream of lines; valid during the call.
    virtual void OnBytes(std::string_view bytes) = 0;
    /// One whole message of a transport that knows its own borders.
    virtual void OnMessage(std::string_view message) = 0;
    /// The peer will send nothing more, but may still read.
    virtual void OnEndOfInput() = 0;
    /// What Write() could not send at once is sent.
    virtual void OnWritten() = 0;
    /// A part of it is; the peer is reading.
    virtual void OnWriteProgress() = 0;
    /// The connection is gone. The last event.
    virtual void OnClosed() = 0;

protected:
    ~TransportEvents() = default;
};

/// A connection to one client, whatever carries it: lines or WebSocket messages, plain or in TLS.
/// Thread: its I/O thread only.
class Transport {
public:
    virtual ~Transport() = default;

    /// Begins to read, and keeps `events` alive as long as an operation is under way.
    virtual void Start(std::shared_ptr<TransportEvents> events) = 0;
    /// While off, no further events of input come (one may be under way for a WebSocket).
    virtual void SetReading(bool on) = 0;
    /// Whole lines, each ended by a newline. True: all is handed over. False: `lines` must stay
    /// as it is until OnWritten(), and there must be no other Write() before.
    virtual bool Write(std::string_view lines) = 0;
    /// Tells the peer that nothing more comes and waits a little for it to close, so that it can
    /// read what it was sent. OnClosed() follows.
    virtual void Finish() = 0;
    /// Closes at once; no event follows.
    virtual void Abort() = 0;

    [[nodiscard]] virtual const char* Name() const = 0;
    [[nodiscard]] virtual std::string Peer() const = 0;  ///< ADDRESS:PORT
    /// Also of what no event tells: frames of a WebSocket.
    [[nodiscard]] virtual std::uint64_t BytesRead() const = 0;
};

}  // namespace amber::server
