#include "server/limits/bound_hits.h"

#include <cstdlib>

namespace amber::server {

std::string_view NameOf(Bound bound) {
    switch (bound) {  // no default: a new bound must choose its name
        case Bound::ban:
            return "ban";
        case Bound::max_sessions:
            return "max_sessions";
        case Bound::max_sessions_per_ip:
            return "max_sessions_per_ip";
        case Bound::max_handshakes:
            return "max_handshakes";
        case Bound::cost_soft_limit:
            return "cost_soft_limit";
        case Bound::cost_hard_limit:
            return "cost_hard_limit";
        case Bound::max_subscriptions:
            return "max_subscriptions";
        case Bound::max_subscriptions_per_ip:
            return "max_subscriptions_per_ip";
        case Bound::max_subscriptions_total:
            return "max_subscriptions_total";
        case Bound::max_recv:
            return "max_recv";
        case Bound::max_send:
            return "max_send";
        case Bound::max_batch:
            return "max_batch";
        case Bound::history_limit:
            return "history_limit";
        case Bound::request_timeout:
            return "request_timeout";
        case Bound::session_timeout:
            return "session_timeout";
        case Bound::query_queue:
            return "query_queue";
        case Bound::slow_reader:
            return "slow_reader";
        case Bound::buffers:
            return "buffers";
    }
    std::abort();
}

std::vector<std::pair<std::string_view, std::uint64_t>> BoundHits::Read() const {
    std::vector<std::pair<std::string_view, std::uint64_t>> all;
    for (std::size_t i = 0; i < kBounds; ++i)
        all.emplace_back(NameOf(static_cast<Bound>(i)), hits_[i].load(std::memory_order_relaxed));
    return all;
}

}  // namespace amber::server
