// serve_load: asks a server as many wallets at once would, as cheaply as possible (it shares the
// machine with the server): one thread, ready-made requests, answers looked at only at their ends,
// one in 64 compared in full with what the sample says. Prints one line of JSON; the exit code is 1
// if an answer was an error or wrong.
#include <sys/epoll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "tests/bench/load_connection.h"
#include "tests/bench/process_usage.h"

namespace amber::bench {
namespace {

struct Options {
    std::string address, scripts, method = "mix";
    unsigned connections = 50, in_flight = 16, check_one_in = 64;
    double seconds = 10, warm_up_seconds = 2;
    std::uint64_t seed = 1;
    pid_t pid = 0;
};

class Epoll {
public:
    Epoll() : fd_(epoll_create1(EPOLL_CLOEXEC)) {
        if (fd_ < 0) throw std::runtime_error("epoll_create1");
    }
    ~Epoll() { close(fd_); }
    Epoll(const Epoll&) = delete;
    Epoll& operator=(const Epoll&) = delete;

    void Watch(LoadConnection& connection, int operation) {
        epoll_event event{};
        event.events = EPOLLIN | (connection.WantsToWrite() ? EPOLLOUT : 0u);
        event.data.ptr = &connection;
        if (epoll_ctl(fd_, operation, connection.Descriptor(), &event) != 0)
            throw std::runtime_error("epoll_ctl");
    }

    /// One round: waits at most 100 ms.
    void Serve() {
        std::array<epoll_event, 64> events;
        const int count = epoll_wait(fd_, events.data(), events.size(), 100);
        for (int i = 0; i < count; ++i) {
            auto& connection = *static_cast<LoadConnection*>(events[i].data.ptr);
            const bool wanted = connection.WantsToWrite();
            if (events[i].events & EPOLLOUT) connection.OnWritable();
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) connection.OnReadable();
            if (connection.WantsToWrite() != wanted) Watch(connection, EPOLL_CTL_MOD);
        }
    }

private:
    int fd_;
};

/// What the clocks said at one moment.
struct Reading {
    std::uint64_t at_ns = NowNs();
    double own_cpu = OwnCpuSeconds();
    double machine_busy = MachineBusySeconds();
    ProcessUsage server;

    explicit Reading(pid_t pid) {
        if (pid != 0) server = ReadProcessUsage(pid);
    }
};

double Milliseconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e6; }
double Megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

void PrintLatencies(const LatencyHistogram& latencies) {
    std::printf("\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f",
                Milliseconds(latencies.Quantile(0.5)), Milliseconds(latencies.Quantile(0.95)),
                Milliseconds(latencies.Quantile(0.99)), Milliseconds(latencies.Max()));
}

void PrintMethods(const LoadState& state) {
    std::printf("\"methods\":{");
    const char* separator = "";
    for (std::size_t i = 0; i < kMethods; ++i) {
        const LatencyHistogram& latencies = state.latencies[i];
        if (latencies.Count() == 0) continue;
        const auto name = Name(static_cast<Method>(i));
        std::printf("%s\"%.*s\":{\"requests\":%lu,", separator, static_cast<int>(name.size()),
                    name.data(), latencies.Count());
        PrintLatencies(latencies);
        std::printf("}");
        separator = ",";
    }
    std::printf("}");
}

void Print(const Options& options, const LoadState& state, const Reading& begin,
           const Reading& end) {
    LatencyHistogram all;
    for (const auto& latencies : state.latencies) all.Add(latencies);
    const double seconds = static_cast<double>(end.at_ns - begin.at_ns) / 1e9;
    const double own_cpu = end.own_cpu - begin.own_cpu;
    const double server_cpu = end.server.cpu_seconds - begin.server.cpu_seconds;
    std::printf(
        "{\"load\":\"%s\",\"connections\":%u,\"in_flight\":%u,\"seconds\":%.2f,"
        "\"requests\":%lu,\"requests_per_s\":%.0f,",
        options.method.c_str(), options.connections, options.in_flight, seconds, all.Count(),
        static_cast<double>(all.Count()) / seconds);
    PrintLatencies(all);
    std::printf(
        ",\"errors\":%lu,\"checked\":%lu,\"wrong\":%lu,\"received_mb\":%.1f,"
        "\"client_cpu_s\":%.2f,",
        state.errors, state.checked, state.wrong, Megabytes(state.received_bytes), own_cpu);
    if (options.pid != 0) {
        std::printf(
            "\"server_cpu_s\":%.2f,\"server_us_per_request\":%.2f,\"server_rss_mb\":%.0f,"
            "\"server_peak_rss_mb\":%.0f,\"bystander_cores\":%.2f,",
            server_cpu, 1e6 * server_cpu / static_cast<double>(all.Count()),
            Megabytes(end.server.resident_bytes), Megabytes(end.server.peak_resident_bytes),
            (end.machine_busy - begin.machine_busy - own_cpu - server_cpu) / seconds);
    }
    PrintMethods(state);
    std::printf("}\n");
}

int Run(const Options& options) {
    const ScriptSample sample = ReadSample(options.scripts);
    const auto only = MethodNamed(options.method);
    RequestMaker maker(sample, only, options.seed);
    LoadState state{.sample = sample, .maker = maker, .check_one_in = options.check_one_in};
    const std::size_t colon = options.address.rfind(':');
    Epoll epoll;
    std::vector<std::unique_ptr<LoadConnection>> connections;
    for (unsigned i = 0; i < options.connections; ++i) {
        connections.push_back(
            std::make_unique<LoadConnection>(state, options.address.substr(0, colon),
                                             options.address.substr(colon + 1), options.in_flight));
    }
    for (auto& connection : connections) {
        connection->SendFirst();
        epoll.Watch(*connection, EPOLL_CTL_ADD);
    }
    const auto serve_for = [&](double seconds) {
        const auto end = NowNs() + static_cast<std::uint64_t>(seconds * 1e9);
        while (NowNs() < end) epoll.Serve();
    };
    serve_for(options.warm_up_seconds);
    state.counting = true;
    const Reading begin(options.pid);
    serve_for(options.seconds);
    Print(options, state, begin, Reading(options.pid));
    if (!state.first_error.empty()) std::fprintf(stderr, "%s\n", state.first_error.c_str());
    return state.errors + state.wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace amber::bench

int main(int argc, char** argv) {
    using namespace amber::bench;
    Options options;
    CLI::App app("Asks an Electrum server as many wallets at once would.");
    app.add_option("address", options.address, "HOST:PORT, plain TCP")->required();
    app.add_option("scripts", options.scripts, "file of sample_scripts")->required();
    app.add_option("--connections", options.connections, "")
        ->check(CLI::Range(1, 15'000))
        ->capture_default_str();
    app.add_option("--in-flight", options.in_flight, "requests on their way per connection")
        ->check(CLI::Range(1u, RequestMaker::kSlots))
        ->capture_default_str();
    app.add_option("--seconds", options.seconds, "measured, after the warm-up")
        ->capture_default_str();
    app.add_option("--warm-up", options.warm_up_seconds, "seconds")->capture_default_str();
    app.add_option("--method", options.method,
                   "mix, or only: history, balance, listunspent, mempool, header, subscribe, ping")
        ->check([](const std::string& name) {
            return name == "mix" || MethodNamed(name) ? "" : "no such method";
        })
        ->capture_default_str();
    app.add_option("--check-one-in", options.check_one_in, "answers compared in full")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--seed", options.seed, "")->capture_default_str();
    app.add_option("--pid", options.pid, "of the server: adds its CPU time and memory");
    CLI11_PARSE(app, argc, argv);
    try {
        return Run(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "serve_load: %s\n", error.what());
        return 1;
    }
}
