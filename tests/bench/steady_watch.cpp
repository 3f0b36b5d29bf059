// steady_watch HOST:PORT SCRIPTS [--sessions N] [--per-session N]: wallets that wait for news. Each
// session subscribes to headers, which is said, and after a line on stdin to its own lines of
// SCRIPTS (script hashes, one a line), which is said too. Then for each line "HEIGHT N" on stdin it
// waits until every session has heard of the block at HEIGHT (0: no block is due), N scripts were
// told, and a query at that height was answered, asked anew a millisecond after each refusal; and
// prints when that was (nanoseconds since 1970) as one line of JSON. `strays` are scripts told
// beyond those; `asked_us` is how long each answer took that one more client got meanwhile.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/load_answers.h"

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;

constexpr milliseconds kProbePause(1);
constexpr std::chrono::seconds kPatience(30);

struct Options {
    std::string address, scripts;
    std::size_t sessions = 1000, per_session = 10;
};

/// The clock of amberd's log.
std::int64_t NowNs() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

void Say(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
}

std::string RequestLine(std::size_t id, std::string_view method, const std::string& params) {
    return "{\"jsonrpc\":\"2.0\",\"id\":" + std::to_string(id) + ",\"method\":\"" +
           std::string(method) + "\",\"params\":[" + params + "]}\n";
}

/// What has come in since the last line of stdin.
struct Round {
    std::size_t headers = 0, scripts = 0;
    std::int64_t first_header_ns = 0, last_header_ns = 0, last_script_ns = 0;
};

/// A connection that hands over whole lines.
class Connection {
public:
    Connection(asio::io_context& context, const Options& options) : socket_(context) {
        const auto colon = options.address.rfind(':');
        tcp::resolver resolver(context);
        asio::connect(socket_, resolver.resolve(options.address.substr(0, colon),
                                                options.address.substr(colon + 1)));
        socket_.set_option(tcp::no_delay(true));
    }
    void Send(const std::string& lines) { asio::write(socket_, asio::buffer(lines)); }

    /// Blocks; for the time before Listen().
    std::string Line() {
        std::size_t end = 0;
        while ((end = partial_.find('\n')) == partial_.npos)
            partial_.append(buffer_.data(), socket_.read_some(asio::buffer(buffer_)));
        std::string line = partial_.substr(0, end);
        partial_.erase(0, end + 1);
        return line;
    }

    template <class OnLine>
    void Listen(OnLine on_line) {
        socket_.async_read_some(
            asio::buffer(buffer_), [this, on_line](const auto& error, std::size_t size) {
                if (error) throw std::runtime_error("the server closed a connection");
                partial_.append(buffer_.data(), size);
                std::size_t begin = 0;
                for (std::size_t end = 0; (end = partial_.find('\n', begin)) != partial_.npos;
                     begin = end + 1)
                    on_line(std::string_view(partial_).substr(begin, end - begin));
                partial_.erase(0, begin);
                Listen(on_line);
            });
    }

private:
    tcp::socket socket_;
    std::array<char, 4096> buffer_{};
    std::string partial_;
};

class Watch {
public:
    explicit Watch(const Options& options)
        : options_(options), probe_(context_, options), asker_(context_, options) {
        for (std::size_t i = 0; i < options_.sessions; ++i) Greet();
    }

    void Subscribe() {
        std::ifstream file(options_.scripts);
        for (Connection& wallet : wallets_) {
            std::string lines;
            for (std::size_t i = 0; i < options_.per_session; ++i) {
                std::string script;
                if (!(file >> script)) throw std::runtime_error("too few lines in the file");
                lines += RequestLine(i, "blockchain.scripthash.subscribe", '"' + script + '"');
                if (i == 0) scripts_.push_back(std::move(script));
            }
            Ask(wallet, lines, options_.per_session);
            wallet.Listen([this](std::string_view line) { OnNews(line); });
        }
    }

    /// Waits for what one line of stdin says, and prints what came.
    void Run(std::uint32_t height, std::size_t scripts) {
        round_ = {};
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        // On a thread of its own: the query is not to wait for the news.
        std::atomic<std::int64_t> readable_ns = 0;
        std::jthread probe;
        if (height > 0)
            probe = std::jthread([&](const std::stop_token& stop) {
                readable_ns = WaitUntilReadable(height, stop);
            });
        std::vector<std::int64_t> asked_us;
        std::jthread asker([&](const std::stop_token& stop) { asked_us = KeepAsking(stop); });
        const auto complete = [&] {
            const bool told = round_.headers >= options_.sessions && readable_ns > 0;
            return (height == 0 || told) && round_.scripts >= scripts;
        };
        while (!complete() && std::chrono::steady_clock::now() < deadline)
            context_.run_one_for(milliseconds(100));
        const bool whole = complete();
        context_.run_for(milliseconds(100));  // what should not come would come now
        asker.request_stop();
        asker.join();
        std::string asked;
        for (const std::int64_t us : asked_us)
            asked += (asked.empty() ? "" : ",") + std::to_string(us);
        std::printf(
            "{\"complete\":%s,\"headers\":%zu,\"scripts\":%zu,\"strays\":%zu,"
            "\"readable_ns\":%ld,\"first_header_ns\":%ld,\"last_header_ns\":%ld,"
            "\"last_script_ns\":%ld,",
            whole ? "true" : "false", round_.headers, round_.scripts,
            round_.scripts - std::min(round_.scripts, scripts), readable_ns.load(),
            round_.first_header_ns, round_.last_header_ns, round_.last_script_ns);
        Say("\"asked_us\":[" + asked + "]}");
    }

private:
    void Greet() {
        Ask(wallets_.emplace_back(context_, options_),
            RequestLine(0, "server.version", "\"steady_watch\",[\"1.4\",\"1.6\"]") +
                RequestLine(1, "blockchain.headers.subscribe", ""),
            2);
    }

    static void Ask(Connection& wallet, const std::string& lines, std::size_t answers) {
        wallet.Send(lines);
        for (; answers > 0; --answers) {
            const std::string answer = wallet.Line();
            if (amber::bench::ReadAnswer(answer).is_error)
                throw std::runtime_error("a request was refused: " + answer);
        }
    }

    std::vector<std::int64_t> KeepAsking(const std::stop_token& stop) {
        std::vector<std::int64_t> took_us;
        while (!stop.stop_requested()) {
            const auto start = std::chrono::steady_clock::now();
            Ask(asker_,
                RequestLine(0, "blockchain.scripthash.get_balance",
                            '"' + scripts_[asked_++ % scripts_.size()] + '"'),
                1);
            const std::chrono::duration<double, std::micro> took =
                std::chrono::steady_clock::now() - start;
            took_us.push_back(static_cast<std::int64_t>(took.count()));
            std::this_thread::sleep_for(kProbePause);
        }
        return took_us;
    }

    void OnNews(std::string_view line) {
        const std::int64_t now = NowNs();
        if (line.find("blockchain.headers.subscribe") != line.npos) {
            if (round_.headers++ == 0) round_.first_header_ns = now;
            round_.last_header_ns = now;
        } else {
            ++round_.scripts;
            round_.last_script_ns = now;
        }
    }

    std::int64_t WaitUntilReadable(std::uint32_t height, const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            probe_.Send(RequestLine(0, "blockchain.block.header", std::to_string(height)));
            if (!amber::bench::ReadAnswer(probe_.Line()).is_error) return NowNs();
            std::this_thread::sleep_for(kProbePause);
        }
        return 0;
    }

    const Options& options_;
    asio::io_context context_;
    std::deque<Connection> wallets_;
    std::vector<std::string> scripts_;  ///< of each session the first
    Connection probe_, asker_;
    std::size_t asked_ = 0;
    Round round_;
};

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("Wallets that wait for news, and tell when they came.");
    app.add_option("ADDRESS", options.address, "HOST:PORT of the server")->required();
    app.add_option("SCRIPTS", options.scripts, "file of script hashes, one a line")->required();
    app.add_option("--sessions", options.sessions);
    app.add_option("--per-session", options.per_session, "scripts that each subscribes to");
    CLI11_PARSE(app, argc, argv);
    try {
        Watch watch(options);
        Say("{\"connected\":true}");
        std::string go_on;
        std::getline(std::cin, go_on);
        watch.Subscribe();
        Say("{\"subscribed\":true}");
        std::uint32_t height = 0;
        std::size_t scripts = 0;
        while (std::cin >> height >> scripts) watch.Run(height, scripts);
    } catch (const std::exception& error) {
        std::cerr << "steady_watch: " << error.what() << "\n";
        return 1;
    }
}
