#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon_client/node_url.h"
#include "index/ports/node_error.h"

namespace amber::daemon_client {

/// Which of several daemons is used: stays with one while it works, goes round when it does not.
/// Logs the changes, and a trouble that lasts once a minute.
/// Not thread-safe: the io thread uses it.
class DaemonList {
public:
    /// Precondition: not empty.
    explicit DaemonList(std::vector<NodeUrl> urls) : urls_(std::move(urls)) {}

    [[nodiscard]] const NodeUrl& Current() const { return urls_[current_]; }
    [[nodiscard]] std::size_t Size() const { return urls_.size(); }

    /// The current one has proved to be a node of our network since it last failed.
    [[nodiscard]] bool Verified() const { return verified_; }
    /// Grows each time a daemon is verified: what was learned of a daemon before (whether it has
    /// REST, its ZMQ addresses) may no longer be true after.
    [[nodiscard]] std::uint64_t Epoch() const { return epoch_; }

    void Replace(std::vector<NodeUrl> urls);
    void Succeeded(const std::string& subversion);
    /// Turns to the next daemon. False if each has failed since one last succeeded: give it a rest.
    bool Failed(const index::NodeError& error);

private:
    using Clock = std::chrono::steady_clock;

    std::vector<NodeUrl> urls_;
    std::size_t current_ = 0;
    std::size_t failed_in_row_ = 0;
    bool verified_ = false;
    std::uint64_t epoch_ = 0;

    // What the log says at present.
    std::string logged_label_;  ///< of the daemon it calls connected; empty while in trouble
    std::string logged_trouble_;
    Clock::time_point logged_trouble_at_;
};

}  // namespace amber::daemon_client
