// loopback [ROUND_TRIPS]: how long one request and its answer take between two threads that do
// nothing else, over TCP on this machine: the floor of a wallet's latency. One line of JSON.
#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/bench/latency_histogram.h"

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t kBytes = 150;  ///< as a request of the mix

/// Waits as a server does that has many connections.
class Waiter {
public:
    explicit Waiter(tcp::socket& socket) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        epoll_event event{.events = EPOLLIN, .data = {}};
        epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.native_handle(), &event);
        socket.set_option(tcp::no_delay(true));
    }
    void Wait() {
        epoll_event event;
        epoll_wait(epoll_, &event, 1, -1);
    }

private:
    const int epoll_;
};

void Echo(tcp::socket socket) {
    Waiter waiter(socket);
    std::array<char, kBytes> bytes{};
    boost::system::error_code closed;
    while (!closed) {
        waiter.Wait();
        const std::size_t size = socket.read_some(asio::buffer(bytes), closed);
        if (!closed) socket.write_some(asio::buffer(bytes, size), closed);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const int round_trips = argc > 1 ? std::atoi(argv[1]) : 50'000;
    asio::io_context context;
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    tcp::socket socket(context);
    socket.connect(acceptor.local_endpoint());
    const std::jthread echo(Echo, acceptor.accept());
    Waiter waiter(socket);
    std::array<char, kBytes> bytes{};
    amber::bench::LatencyHistogram latencies;
    for (int i = 0; i < round_trips; ++i) {
        const auto start = std::chrono::steady_clock::now();
        socket.write_some(asio::buffer(bytes));
        waiter.Wait();
        socket.read_some(asio::buffer(bytes));
        const std::chrono::nanoseconds taken = std::chrono::steady_clock::now() - start;
        latencies.Add(static_cast<std::uint64_t>(taken.count()));
    }
    socket.close();
    std::printf("{\"round_trips\": %d, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", round_trips,
                static_cast<double>(latencies.Quantile(0.5)) / 1e6,
                static_cast<double>(latencies.Quantile(0.99)) / 1e6);
}
