#include "server/console/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace amber::server {
namespace {

std::string_view Environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

std::optional<std::int64_t> ReadNumber(std::string_view text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || number <= 0) return std::nullopt;
    return number;
}

/// A path, or a name in the abstract namespace, written with @ for its leading zero byte. Empty if
/// it is neither or does not fit.
std::string SocketAddress(std::string_view name) {
    sockaddr_un address{};
    if (name.size() < 2 || name.size() >= sizeof(address.sun_path)) return {};
    if (name.front() != '/' && name.front() != '@') return {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const std::size_t used = offsetof(sockaddr_un, sun_path) + name.size();
    return {reinterpret_cast<const char*>(&address), used};
}

std::optional<std::chrono::microseconds> ReadWatchdog() {
    const auto granted = ReadNumber(Environment("WATCHDOG_USEC"));
    const std::string_view pid = Environment("WATCHDOG_PID");
    if (!granted || (!pid.empty() && ReadNumber(pid) != getpid())) return std::nullopt;
    return std::chrono::microseconds(*granted / 2);
}

}  // namespace

ServiceManager::ServiceManager() : address_(SocketAddress(Environment("NOTIFY_SOCKET"))) {
    if (address_.empty()) return;
    socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ >= 0) watchdog_ = ReadWatchdog();
}

ServiceManager::~ServiceManager() {
    if (socket_ >= 0) close(socket_);
}

void ServiceManager::Ready() const { Send("READY=1"); }

void ServiceManager::Status(std::string_view text) const {
    // A newline would begin another message.
    Send("STATUS=" + std::string(text.substr(0, text.find('\n'))));
}

void ServiceManager::Stopping() const { Send("STOPPING=1"); }

void ServiceManager::Watchdog() const { Send("WATCHDOG=1"); }

void ServiceManager::Send(std::string_view message) const {
    if (socket_ < 0) return;
    // Must not wait: systemd may be slow to read, and threads that call have work to do.
    [[maybe_unused]] const auto sent =
        sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(address_.data()),
               static_cast<socklen_t>(address_.size()));
}

}  // namespace amber::server
