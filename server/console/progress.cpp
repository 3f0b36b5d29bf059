#include "server/console/progress.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "server/console/log.h"

namespace amber::server {
namespace {

using namespace std::chrono_literals;

constexpr auto kBarEvery = 250ms;

std::size_t TerminalColumns() {
    constexpr std::size_t kUsual = 80;
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
    return size.ws_col;
}

std::string Left(const ProgressReading& reading) {
    return reading.left ? FormatDuration(*reading.left) + " left" : "time left unknown";
}

/// Two digits that matter are enough for a speed.
std::string Speed(double per_second) {
    return fmt::format("{:.{}f}", per_second, per_second < 10 ? 1 : 0);
}

std::string Speeds(const ProgressReading& reading) {
    return fmt::format("{} blocks/s, {} tx/s, {} MB/s", Speed(reading.blocks_per_s),
                       Speed(reading.txs_per_s), Speed(reading.bytes_per_s / 1e6));
}

std::string Done(const ProgressReading& reading) {
    if (reading.bytes_target == 0) return {};
    return fmt::format("{:.2f} of {:.2f} GB, ", static_cast<double>(reading.bytes) / 1e9,
                       static_cast<double>(reading.bytes_target) / 1e9);
}

std::string Waiting(const ProgressReading& reading) {
    return fmt::format("at height {}, waiting for the node to say how far it is", reading.height);
}

}  // namespace

std::string FormatDuration(std::chrono::seconds time) {
    const auto seconds = std::max<std::chrono::seconds::rep>(0, time.count());
    if (seconds < 60) return fmt::format("{} s", seconds);
    if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
    if (seconds < 86400) return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
    return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
}

std::string FormatProgress(const ProgressReading& reading) {
    if (reading.target_height == 0) return Waiting(reading);
    return fmt::format("{:.1f} %, height {} of {}, {}{}, {}", reading.fraction * 100,
                       reading.height, reading.target_height, Done(reading), Speeds(reading),
                       Left(reading));
}

std::string FormatProgressBar(const ProgressReading& reading, std::size_t columns) {
    // One column stays free: a full line would wrap and could not be erased.
    const std::size_t room = columns > 0 ? columns - 1 : 0;
    if (reading.target_height == 0) return Waiting(reading).substr(0, room);
    constexpr std::size_t kBar = 24;
    const auto filled = static_cast<std::size_t>(std::clamp(reading.fraction, 0.0, 1.0) * kBar);
    const std::string bar = std::string(filled, '#') + std::string(kBar - filled, '.');
    const std::string text =
        fmt::format("[{}] {:5.1f} %  {}/{}  {}  {}", bar, reading.fraction * 100, reading.height,
                    reading.target_height, Left(reading), Speeds(reading));
    return text.substr(0, room);
}

void ProgressDisplay::Hide() {
    if (terminal_ && shown_) SetStatusLine("");
    shown_.reset();
}

void ProgressDisplay::Show(const ProgressReading& reading,
                           std::chrono::steady_clock::time_point now) {
    if (shown_ &&
        now - *shown_ < (terminal_ ? std::chrono::milliseconds(kBarEvery) : line_every_)) {
        return;
    }
    shown_ = now;
    if (terminal_) {
        SetStatusLine(FormatProgressBar(reading, TerminalColumns()));
    } else {
        spdlog::info("sync: {}", FormatProgress(reading));
    }
}

}  // namespace amber::server
