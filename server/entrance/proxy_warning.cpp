#include "server/entrance/proxy_warning.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>

namespace amber::server {

void WarnOfProxyHeader(const std::string& peer, const char* why) {
    using Clock = std::chrono::steady_clock;
    static std::atomic<Clock::rep> next_allowed =
        Clock::time_point::min().time_since_epoch().count();
    const Clock::time_point now = Clock::now();
    auto allowed = next_allowed.load();
    if (now.time_since_epoch().count() < allowed) return;
    const auto next = (now + std::chrono::minutes(1)).time_since_epoch().count();
    if (!next_allowed.compare_exchange_strong(allowed, next)) return;
    spdlog::warn(
        "closed a connection from {}: {}; further ones like it are not told of for a minute", peer,
        why);
}

}  // namespace amber::server
