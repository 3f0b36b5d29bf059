#pragma once
#include <chrono>
#include <string>

namespace amber::daemon_client {

/// Lets a message through when it is new or the last one was a minute ago. Not thread-safe.
class LogLimit {
public:
    bool Allow(const std::string& message) {
        const auto now = std::chrono::steady_clock::now();
        if (message == last_ && now - at_ < std::chrono::minutes(1)) return false;
        last_ = message;
        at_ = now;
        return true;
    }

private:
    std::string last_;
    std::chrono::steady_clock::time_point at_;
};

}  // namespace amber::daemon_client
