#include "server/console/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace amber::server {
namespace {

/// A datagram socket as systemd's, with the environment that names it.
class Systemd {
public:
    /// A path, or @ and a name in the abstract namespace.
    explicit Systemd(const std::string& name)
        : name_(name), socket_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.data(), name.size());
        if (name.front() == '@') address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0)
            << std::strerror(errno);
        const timeval patience{5, 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }
    ~Systemd() {
        close(socket_);
        if (name_.front() == '/') unlink(name_.c_str());
        for (const char* key : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(key);
    }
    Systemd(const Systemd&) = delete;
    Systemd& operator=(const Systemd&) = delete;

    /// The next message; "(none)" if none comes.
    std::string Next() {
        char buffer[4096];
        const auto size = recv(socket_, buffer, sizeof(buffer), 0);
        return size < 0 ? "(none)" : std::string(buffer, static_cast<std::size_t>(size));
    }

private:
    std::string name_;
    int socket_;
};

class ServiceManagerAt : public testing::TestWithParam<const char*> {};

TEST_P(ServiceManagerAt, SendsEachMessage) {
    Systemd systemd(GetParam() + std::to_string(getpid()));
    const ServiceManager manager;
    manager.Ready();
    EXPECT_EQ(systemd.Next(), "READY=1");
    manager.Status("50 %\nREADY=1");
    EXPECT_EQ(systemd.Next(), "STATUS=50 %");
    manager.Watchdog();
    EXPECT_EQ(systemd.Next(), "WATCHDOG=1");
    manager.Stopping();
    EXPECT_EQ(systemd.Next(), "STOPPING=1");
}

INSTANTIATE_TEST_SUITE_P(Names, ServiceManagerAt,
                         testing::Values("/tmp/amber-notify-", "@amber-notify-"));

TEST(ServiceManager, KeepsTheWatchdogQuietTwiceAsOftenAsAsked) {
    Systemd systemd("@amber-watchdog-" + std::to_string(getpid()));
    EXPECT_FALSE(ServiceManager().WatchdogInterval());
    setenv("WATCHDOG_USEC", "3000000", 1);
    EXPECT_EQ(ServiceManager().WatchdogInterval(), std::chrono::microseconds(1'500'000));
    setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
    EXPECT_TRUE(ServiceManager().WatchdogInterval());
    setenv("WATCHDOG_PID", std::to_string(getpid() + 1).c_str(), 1);
    EXPECT_FALSE(ServiceManager().WatchdogInterval());
    unsetenv("WATCHDOG_PID");
    for (const char* bad : {"", "0", "-5", "1s", "99999999999999999999"}) {
        setenv("WATCHDOG_USEC", bad, 1);
        EXPECT_FALSE(ServiceManager().WatchdogInterval()) << bad;
    }
}

TEST(ServiceManager, DoesNothingWhereNobodyListens) {
    const std::string too_long = "/" + std::string(200, 'x');
    for (const char* name : {"", "/", "relative", "/nowhere/at/all", too_long.c_str()}) {
        setenv("NOTIFY_SOCKET", name, 1);
        const ServiceManager manager;
        manager.Ready();
        manager.Stopping();
    }
    unsetenv("NOTIFY_SOCKET");
    ServiceManager().Ready();
}

TEST(ServiceManager, NeverWaitsForAManagerThatDoesNotRead) {
    Systemd systemd("@amber-deaf-" + std::to_string(getpid()));
    const ServiceManager manager;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 10'000; ++i) manager.Watchdog();
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    EXPECT_EQ(systemd.Next(), "WATCHDOG=1");
}

}  // namespace
}  // namespace amber::server
