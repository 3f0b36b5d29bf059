#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>

#include "server/methods/method.h"

namespace amber::server {

/// The answers of one batch, collected until every item has its own.
struct Batch {
    std::string answers;        ///< joined by commas
    std::size_t in_flight = 0;  ///< items that wait for the disk or the node
    /// Items not started yet, because enough is in flight; empty most of the time.
    std::deque<std::string> rest;

    [[nodiscard]] bool IsDone() const { return in_flight == 0 && rest.empty(); }
};
using BatchPtr = std::shared_ptr<Batch>;

struct Pending;
using PendingPtr = std::shared_ptr<Pending>;

/// A request that waits for the disk or the node. Immutable but for `is_dropped`; what stands below
/// it, and the content of `batch`, are the session's thread's.
struct Pending {
    const Method* method = nullptr;
    ProtocolVersion version;
    std::string id;    ///< JSON text; empty for a notification
    std::string text;  ///< the whole request, to run it again; empty if only the node is awaited
    BatchPtr batch;    ///< null outside of batches
    std::chrono::steady_clock::time_point since;
    std::atomic<bool> is_dropped{false};  ///< nobody waits for it any more
    unsigned tries = 0;
    std::list<PendingPtr>::iterator place;  ///< among those of its session
};

/// What became of it.
struct Completion {
    ReplyText result = std::string();
    Effects effects;
    std::uint64_t view_serial = 0;  ///< of the view it was computed from; 0: of none
    double cost = 0;                ///< what that took, in units of CostRules
};

}  // namespace amber::server
