#pragma once
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <thread>

#include "server/entrance/opening.h"
#include "server/tls/certificate_keeper.h"

namespace amber::server {

/// A thread ("door-N") on which new connections shake hands, so that a storm of them costs those
/// that are served already no more than a share of the processor. Each has `handshake_timeout`;
/// when too many are under way, the one that has been silent for longest is closed for a new one,
/// and one whose handshake has begun only if none is silent.
/// Borrows options, keeper and hits, which outlive it.
class Door : public std::enable_shared_from_this<Door> {
public:
    /// Called on the thread of the door.
    using Deliver = std::function<void(Arrival)>;
    using Welcome = std::function<GuestPtr(const std::optional<boost::asio::ip::address>& client)>;

    /// One of `doors`, which share max_handshakes. `keeper` is null if no listener has TLS.
    /// `welcome` is asked of whom a trusted proxy speaks for.
    Door(unsigned number, std::size_t doors, const ServerOptions& options,
         CertificateKeeper* keeper, BoundHits& hits, Welcome welcome, Deliver deliver);
    ~Door();

    // Thread-safe.
    void Start();
    void Stop();  ///< closes what is under way, joins the thread
    /// Closes it at once if as many as the door may have are waiting for its thread already.
    void Enter(Accepted accepted, TransportKind kind);
    boost::asio::io_context& Context() { return context_; }

private:
    struct Entry {
        std::shared_ptr<Opening> opening;
        std::chrono::steady_clock::time_point since;
        bool has_begun = false;  ///< a TLS handshake
    };
    using Entries = std::list<Entry>;

    void Run();
    void Open(Accepted accepted, TransportKind kind);
    SslPtr BeginTls(Entries::iterator entry, int descriptor);
    Entries& ListOf(const Entry& entry) { return entry.has_begun ? begun_ : silent_; }
    [[nodiscard]] std::size_t Most() const;
    void MakeRoom();
    static void CloseOldest(Entries& entries);
    void ArmTimer();
    void Tick();

    const unsigned number_;
    const std::size_t doors_;
    const ServerOptions& options_;
    CertificateKeeper* const keeper_;
    BoundHits& hits_;
    const Welcome welcome_;
    const Deliver deliver_;
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    boost::asio::steady_timer timer_{context_};
    std::atomic<std::size_t> waiting_{0};  ///< for the thread
    Entries silent_, begun_;               ///< oldest first
    std::chrono::steady_clock::time_point polled_;
    std::thread thread_;
};

}  // namespace amber::server
