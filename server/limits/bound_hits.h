#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace amber::server {

/// What a client can run into. Named like the option that moves it, if there is one.
enum class Bound {
    ban,                       ///< connections refused
    max_sessions,              ///< connections refused
    max_sessions_per_ip,       ///< connections refused
    max_handshakes,            ///< handshakes closed for newer ones
    cost_soft_limit,           ///< pauses that sessions had to make
    cost_hard_limit,           ///< sessions closed, connections refused
    max_subscriptions,         ///< subscriptions refused
    max_subscriptions_per_ip,  ///< subscriptions refused
    max_subscriptions_total,   ///< subscriptions refused
    max_recv,                  ///< messages refused
    max_send,                  ///< answers replaced by an error
    max_batch,                 ///< batches refused
    history_limit,             ///< histories refused
    request_timeout,           ///< requests given up
    session_timeout,           ///< sessions closed
    query_queue,               ///< requests refused, as too many wait for the disk
    slow_reader,               ///< sessions closed
    buffers,                   ///< sessions closed
};
inline constexpr std::size_t kBounds = static_cast<std::size_t>(Bound::buffers) + 1;

std::string_view NameOf(Bound bound);

/// How often each bound was met since the start. Thread-safe. These are rare: one place for all
/// threads will do.
class BoundHits {
public:
    void Count(Bound bound) {
        hits_[static_cast<std::size_t>(bound)].fetch_add(1, std::memory_order_relaxed);
    }
    /// All of them, also those never met.
    [[nodiscard]] std::vector<std::pair<std::string_view, std::uint64_t>> Read() const;

private:
    std::array<std::atomic<std::uint64_t>, kBounds> hits_{};
};

}  // namespace amber::server
