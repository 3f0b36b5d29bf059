#pragma once
#include <algorithm>
#include <chrono>
#include <map>
#include <string>

namespace amber::daemon_client {

/// Addresses of peers that misbehaved and are not to be used for a while: longer each time, until
/// they have behaved for long. Not thread-safe.
class PeerBench {
public:
    using Time = std::chrono::steady_clock::time_point;
    using milliseconds = std::chrono::milliseconds;

    PeerBench(milliseconds first, milliseconds last) : first_(first), last_(last) {}

    void Send(const std::string& label, Time now) {
        Entry& entry = entries_[label];
        const bool again = entry.rest > milliseconds(0) && now - entry.until < kForgiven;
        entry.rest = again ? std::min(entry.rest * 2, last_) : first_;
        entry.until = now + entry.rest;
    }
    [[nodiscard]] bool Has(const std::string& label, Time now) const {
        const auto found = entries_.find(label);
        return found != entries_.end() && now < found->second.until;
    }

private:
    static constexpr std::chrono::minutes kForgiven{10};
    struct Entry {
        milliseconds rest{0};
        Time until;
    };
    const milliseconds first_, last_;
    std::map<std::string, Entry> entries_;  ///< no more than addresses we were given
};

}  // namespace amber::daemon_client
