// entrance_load PID PORT KIND idle COUNT: what sessions cost that have asked once and are silent.
// entrance_load PID PORT KIND storm WHAT SECONDS HONEST_PORT THREADS: connections as fast as so
// many threads can make them, while an honest session on HONEST_PORT (tcp) asks 200 times a second,
// and a new honest client comes (KIND, PORT) ten times a second. WHAT: connect (and close), half (a
// handshake is begun and 2,000 are kept open so), full (handshakes). KIND: tcp, ssl, ws or wss. One
// line of JSON. The server is another process: PID.
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/bench/entrance_client.h"
#include "tests/bench/latency_histogram.h"
#include "tests/bench/process_usage.h"

namespace amber::bench {
namespace {

using Clock = std::chrono::steady_clock;
using server::TransportKind;

constexpr std::size_t kHalfOpen = 2000;
constexpr std::chrono::milliseconds kAskPause{5}, kComePause{100};
/// The first bytes of a ClientHello of 508 bytes.
constexpr std::string_view kHello("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 11);

struct Target {
    pid_t pid;
    std::uint16_t port;
    TransportKind kind;
    const char* kind_name;
};

TransportKind KindOf(const std::string& name) {
    if (name == "tcp") return TransportKind::tcp;
    if (name == "ssl") return TransportKind::ssl;
    if (name == "ws") return TransportKind::ws;
    if (name == "wss") return TransportKind::wss;
    throw std::runtime_error("no such kind: " + name);
}

int Idle(const Target& target, std::size_t count) {
    std::vector<EntranceClient> clients;
    clients.reserve(count);
    const auto open = [&] {
        clients.emplace_back(target.port, target.kind).ShakeHands();
        clients.back().Ping();
    };
    for (int i = 0; i < 100; ++i) open();  // what the first ones take is not theirs
    const ProcessUsage before = ReadProcessUsage(target.pid);
    while (clients.size() < count) open();
    const ProcessUsage after = ReadProcessUsage(target.pid);
    const double sessions = static_cast<double>(count) - 100;
    std::printf(
        "{\"idle\":\"%s\",\"sessions\":%zu,\"bytes_per_session\":%.0f,"
        "\"server_cpu_us_per_session\":%.0f}\n",
        target.kind_name, count,
        (static_cast<double>(after.resident_bytes) - static_cast<double>(before.resident_bytes)) /
            sessions,
        (after.cpu_seconds - before.cpu_seconds) * 1e6 / sessions);
    return 0;
}

/// Honest clients, until `stop`.
struct Honest {
    LatencyHistogram asking, coming;
    int failed = 0;

    void Ask(std::uint16_t port, const std::atomic<bool>& stop) {
        EntranceClient client(port, TransportKind::tcp);
        while (!stop) {
            const auto begin = Clock::now();
            client.Ping();
            asking.Add(static_cast<std::uint64_t>((Clock::now() - begin).count()));
            std::this_thread::sleep_for(kAskPause);
        }
    }
    void Come(const Target& target, const std::atomic<bool>& stop) {
        while (!stop) {
            const auto begin = Clock::now();
            try {
                EntranceClient client(target.port, target.kind);
                client.ShakeHands();
                client.Ping();
                coming.Add(static_cast<std::uint64_t>((Clock::now() - begin).count()));
            } catch (const std::runtime_error&) {
                ++failed;
            }
            std::this_thread::sleep_for(kComePause);
        }
    }
};

std::uint64_t Attack(const Target& target, const std::string& what, Clock::time_point end) {
    std::deque<EntranceClient> half_open;
    std::uint64_t made = 0;
    while (Clock::now() < end) {
        try {
            EntranceClient client(target.port, target.kind);
            if (what == "full") client.ShakeHands();
            if (what == "half") {
                client.SendRaw(kHello);
                half_open.push_back(std::move(client));
                if (half_open.size() > kHalfOpen) half_open.pop_front();
            }
            ++made;
        } catch (const std::runtime_error&) {  // turned away: that is what it is for
        }
    }
    return made;
}

int Storm(const Target& target, const std::string& what, int seconds, std::uint16_t honest_port,
          int threads) {
    std::atomic<bool> stop{false};
    Honest honest;
    std::thread asks([&] { honest.Ask(honest_port, stop); });
    std::thread comes([&] { honest.Come(target, stop); });
    const ProcessUsage before = ReadProcessUsage(target.pid);
    std::atomic<std::uint64_t> made{0};
    {
        const auto end = Clock::now() + std::chrono::seconds(seconds);
        std::vector<std::jthread> attackers;
        for (int i = 0; i < threads; ++i)
            attackers.emplace_back([&] { made += Attack(target, what, end); });
    }
    const ProcessUsage after = ReadProcessUsage(target.pid);
    stop = true;
    asks.join();
    comes.join();
    const auto ms = [](std::uint64_t ns) { return static_cast<double>(ns) / 1e6; };
    std::printf(
        "{\"storm\":\"%s "
        "%s\",\"threads\":%d,\"per_s\":%.0f,\"server_cores\":%.2f,\"server_mb_more\":%.0f,"
        "\"ask_p50_ms\":%.2f,\"ask_p99_ms\":%.2f,\"ask_max_ms\":%.0f,\"come_p50_ms\":%.1f,"
        "\"come_p99_ms\":%.1f,\"come_failed\":%d}\n",
        what.c_str(), target.kind_name, threads, static_cast<double>(made) / seconds,
        (after.cpu_seconds - before.cpu_seconds) / seconds,
        (static_cast<double>(after.resident_bytes) - static_cast<double>(before.resident_bytes)) /
            1e6,
        ms(honest.asking.Quantile(0.5)), ms(honest.asking.Quantile(0.99)), ms(honest.asking.Max()),
        ms(honest.coming.Quantile(0.5)), ms(honest.coming.Quantile(0.99)), honest.failed);
    return honest.failed == 0 ? 0 : 1;
}

int Run(int argc, char** argv) {
    if (argc < 6) throw std::runtime_error("see the first lines of entrance_load.cpp");
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    std::signal(SIGPIPE, SIG_IGN);
    const Target target{std::atoi(argv[1]), static_cast<std::uint16_t>(std::atoi(argv[2])),
                        KindOf(argv[3]), argv[3]};
    const std::string mode = argv[4];
    if (mode == "idle") return Idle(target, static_cast<std::size_t>(std::atoi(argv[5])));
    if (mode == "storm" && argc == 9)
        return Storm(target, argv[5], std::atoi(argv[6]),
                     static_cast<std::uint16_t>(std::atoi(argv[7])), std::atoi(argv[8]));
    throw std::runtime_error("no such mode: " + mode);
}

}  // namespace
}  // namespace amber::bench

int main(int argc, char** argv) {
    try {
        return amber::bench::Run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
