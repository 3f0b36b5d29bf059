#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon_client/zmq_message.h"

namespace amber::daemon_client {

/// Receives what nodes publish by ZMQ. libzmq connects again by itself when a node restarts.
/// Bound: 100,000 messages waiting; beyond that, and when the node's own limit is hit, messages are
/// lost, which shows as a gap in their numbers.
/// Thread: owns "amber-zmq", on which the handlers run; calls are thread-safe.
class ZmqListener {
public:
    using OnMessage = std::function<void(const ZmqMessage&)>;
    using OnGap = std::function<void()>;  ///< messages were lost, or the node has restarted

    ZmqListener(OnMessage on_message, OnGap on_gap)
        : on_message_(std::move(on_message)), on_gap_(std::move(on_gap)) {}
    ~ZmqListener() { Stop(); }

    void Start();
    /// Handlers do not run any more when it returns; takes a fraction of a second. Idempotent.
    void Stop();

    /// Listens to these from now on. Nothing happens if they are the ones it listens to.
    void SetEndpoints(std::vector<std::string> endpoints);

private:
    void Run();
    void Listen(const std::vector<std::string>& endpoints);
    void OnFrames(const std::vector<std::string_view>& frames);
    bool IsCurrent(const std::vector<std::string>& endpoints);

    const OnMessage on_message_;
    const OnGap on_gap_;

    std::mutex mutex_;
    std::vector<std::string> endpoints_;  // guarded by mutex_
    std::atomic<bool> stopped_{false};

    std::map<bool, std::uint32_t> last_number_;  ///< by from_sequence; of the thread
    std::thread thread_;
};

}  // namespace amber::daemon_client
