#pragma once
#include <csignal>
#include <ctime>
#include <optional>

namespace amber::server {

/// The next signal of the set, which must be blocked; nothing if none comes in half a second.
inline std::optional<int> NextSignal(const sigset_t& signals) {
    constexpr timespec kTick{0, 500'000'000};
    const int signal = sigtimedwait(&signals, nullptr, &kTick);
    return signal > 0 ? std::optional(signal) : std::nullopt;
}

inline const char* SignalName(int signal) {
    return signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM";
}

}  // namespace amber::server
