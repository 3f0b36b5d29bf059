#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "daemon_client/p2p/message.h"
#include "index/chain/bytes.h"

namespace amber::daemon_client {

/// A peer on a port of 127.0.0.1 that does what a test tells it, right or wrong: a thread runs the
/// script for each connection, and hangs up when it returns.
class StagedPeer {
public:
    class Connection {
    public:
        Connection(int fd, int number) : fd_(fd), number_(number) {}

        /// From 1, in the order in which they were made.
        [[nodiscard]] int Number() const { return number_; }

        // False, or nothing, once the other side has closed, or the test is over.
        bool Send(index::ByteView bytes);
        bool Send(Command command, const index::Bytes& payload = {});
        struct Received {
            std::string command;
            index::Bytes payload;
        };
        std::optional<Received> Read();
        /// So many bytes, whatever they are.
        std::optional<index::Bytes> ReadRaw(std::size_t count);
        /// Reads until this command comes.
        std::optional<Received> ReadUntil(Command command);
        /// Reads what comes until the other side closes.
        void ReadToTheEnd();
        /// Reads nothing meanwhile. Ends early if the other side closes.
        bool Pause(std::chrono::milliseconds time);
        /// Version and verack both ways.
        bool ShakeHands();

    private:
        bool ReadExactly(std::uint8_t* to, std::size_t count);

        const int fd_;
        const int number_;
    };
    using Script = std::function<void(Connection&)>;

    explicit StagedPeer(Script script);
    ~StagedPeer();
    StagedPeer(const StagedPeer&) = delete;

    [[nodiscard]] std::string Address() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] int Connections() const { return connections_; }
    /// How many are open now.
    [[nodiscard]] int Open() const;

private:
    void Listen();
    void Serve(int fd, int number);

    const Script script_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> connections_{0};
    std::thread acceptor_;

    mutable std::mutex mutex_;            // guards what follows
    std::map<int, std::thread> servers_;  ///< by connection number; joined at the end
    std::map<int, int> open_;             ///< sockets by connection number
};

/// Holds a port where connections are neither accepted nor refused: SYNs get no answer.
class BlackHole {
public:
    BlackHole();
    ~BlackHole();
    BlackHole(const BlackHole&) = delete;

    [[nodiscard]] std::string Address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::vector<int> fillers_;  ///< that take what room the listener's queue has
};

}  // namespace amber::daemon_client
