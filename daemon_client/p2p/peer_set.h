#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon_client/p2p/peer.h"
#include "index/chain/coin.h"

namespace amber::daemon_client {

struct PeerSetOptions {
    std::vector<std::string> addresses;                 ///< host:port, or host for the coin's port
    std::size_t attempts_max = 50;                      ///< connections being made at a time
    std::chrono::milliseconds handshake_timeout{3000};  ///< from connecting to verack
    std::chrono::milliseconds request_timeout{20000};
    std::chrono::milliseconds heartbeat{59000};   ///< between pings, and for the answer
    std::chrono::milliseconds first_retry{1000};  ///< doubling up to the last
    std::chrono::milliseconds last_retry{120000};
    /// For one that is on another network: it will hardly change.
    std::chrono::milliseconds wrong_network_retry{600000};
    /// Of a peer that hangs up without a word, find out which network it is on: a node that hears
    /// another network's magic says nothing.
    bool find_network = true;
    /// Nobody named these addresses, they may well be wrong: then trouble with them is not worth a
    /// warning.
    bool guessed = false;
};

/// Keeps a connection to each of the addresses: connects to many at a time, again and again, later
/// each time it fails, after a long pause if it is on another network. Owns the thread "amber-p2p".
/// Thread-safe.
class PeerSet {
public:
    /// Connects to nothing yet. Throws std::invalid_argument for a malformed address.
    /// `coin` must outlive the set.
    PeerSet(const index::Coin& coin, PeerSetOptions options);
    ~PeerSet();
    PeerSet(const PeerSet&) = delete;

    /// Call once.
    void Start(PeerEvents events);
    /// All connections end, all requests are answered with Kind::stopped; no on_gone for these, no
    /// event afterwards. Idempotent; within a second. Not from the peers' thread.
    /// The destructor may take longer, if the address of a host is being looked up.
    void Stop();

    /// `task` on the peers' thread after `delay`; dropped by Stop().
    void After(std::chrono::milliseconds delay, std::function<void()> task);

    struct PeerStatus {
        std::string label;
        bool ready = false;
        std::uint64_t bytes_in = 0, bytes_out = 0;  ///< since the start, all connections
        std::uint64_t requests = 0, failures = 0, connects = 0, handshake_failures = 0;
        std::chrono::microseconds round_trip{0};  ///< of the last ping; 0 before
        std::string last_error;
        std::size_t waiting = 0;  ///< requests that have no answer yet
        /// Messages by command ("other": those that are none of ours), ends of connections and of
        /// attempts by reason; since the start.
        std::map<std::string, std::uint64_t, std::less<>> messages_in, messages_out;
        std::map<PeerError::Kind, std::uint64_t> ends;
    };
    /// In the order of the addresses.
    [[nodiscard]] std::vector<PeerStatus> Status() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace amber::daemon_client
