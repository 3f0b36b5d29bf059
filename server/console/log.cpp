#include "server/console/log.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "server/console/console_sink.h"

namespace amber::server {
namespace {

constexpr std::array<std::pair<std::string_view, spdlog::level::level_enum>, 5> kLevels = {{
    {"trace", spdlog::level::trace},
    {"debug", spdlog::level::debug},
    {"info", spdlog::level::info},
    {"warning", spdlog::level::warn},
    {"error", spdlog::level::err},
}};

/// systemd names the device and the inode of the journal's stream; stderr may have been redirected
/// elsewhere since.
bool IsJournal(int descriptor) {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || fstat(descriptor, &status) != 0) return false;
    return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

ConsoleStyle StyleOfStderr() {
    if (IsJournal(STDERR_FILENO)) return ConsoleStyle::journal;
    return OnTerminal() ? ConsoleStyle::terminal : ConsoleStyle::plain;
}

// Set once by SetUpLog(), before threads start.
std::shared_ptr<ConsoleSink>& Sink() {
    static std::shared_ptr<ConsoleSink> sink;
    return sink;
}

}  // namespace

void SetUpLog() {
    Sink() = std::make_shared<ConsoleSink>(stderr, StyleOfStderr());
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("amber", Sink()));
}

bool SetLogLevel(std::string_view name) {
    for (const auto& [known, level] : kLevels) {
        if (known != name) continue;
        spdlog::set_level(level);
        return true;
    }
    return false;
}

std::string LogLevel() {
    for (const auto& [name, level] : kLevels) {
        if (level == spdlog::get_level()) return std::string(name);
    }
    return "off";
}

bool OnTerminal() { return isatty(STDERR_FILENO) == 1; }

void SetStatusLine(std::string text) {
    if (Sink()) Sink()->SetStatus(std::move(text));
}

}  // namespace amber::server
