#pragma once
#include <chrono>
#include <map>
#include <random>
#include <string>

#include "server/peers/peer_host.h"

namespace amber::server {

/// How often strangers may tell of servers (server.add_peer): of a domain, or of an IPv4 /24 or
/// IPv6 /48, once in kPause; of an onion, whose name proves nothing, once in a random time up to
/// kOnionPause. Not thread-safe.
/// Bound: kRecentMax domains are remembered; when they are, all others wait.
class AddPeerGate {
public:
    using Time = std::chrono::steady_clock::time_point;

    static constexpr std::chrono::seconds kPause{600};
    static constexpr std::chrono::seconds kOnionPause{1200};
    static constexpr std::size_t kRecentMax = 10'000;

    explicit AddPeerGate(std::mt19937& random) : random_(random) {}

    /// True: the offer counts as one from now on.
    bool Pass(const std::string& name, Time now);

private:
    bool PassOnion(Time now);

    std::mt19937& random_;
    std::map<std::string, Time> recent_;  ///< when the last one of a domain passed
    Time next_onion_{};
};

}  // namespace amber::server
