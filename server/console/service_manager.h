#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace amber::server {

/// Tells systemd how we are (the protocol of sd_notify(3), with no library). Does nothing where no
/// service manager listens; a message that cannot be sent is dropped.
/// Thread-safe after construction.
class ServiceManager {
public:
    /// Listener from NOTIFY_SOCKET, watchdog from WATCHDOG_USEC and WATCHDOG_PID.
    ServiceManager();
    ~ServiceManager();
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    void Ready() const;
    /// One line for `systemctl status`.
    void Status(std::string_view text) const;
    void Stopping() const;
    /// Still alive; must come at least every WatchdogInterval().
    void Watchdog() const;
    /// The time to pass between calls of Watchdog(), half of what systemd grants; nothing if it
    /// does not watch us.
    [[nodiscard]] std::optional<std::chrono::microseconds> WatchdogInterval() const {
        return watchdog_;
    }

private:
    void Send(std::string_view message) const;

    int socket_ = -1;
    std::string address_;  ///< bytes of a sockaddr_un; empty: nobody listens
    std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace amber::server
