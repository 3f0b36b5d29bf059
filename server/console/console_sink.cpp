#include "server/console/console_sink.h"

#include <spdlog/pattern_formatter.h>

#include <string_view>

namespace amber::server {
namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";

/// What systemd's journal takes for the level (syslog(3)).
char Priority(spdlog::level::level_enum level) {
    if (level >= spdlog::level::err) return '3';
    if (level == spdlog::level::warn) return '4';
    return level == spdlog::level::info ? '6' : '7';
}

std::string_view Colour(spdlog::level::level_enum level) {
    if (level >= spdlog::level::err) return "\x1b[31m";
    return level == spdlog::level::warn ? "\x1b[33m" : "";
}

void AppendPrintable(std::string& line, std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f) {
            line += c;
        } else {
            line += "\\x";
            line += kDigits[byte >> 4];
            line += kDigits[byte & 15];
        }
    }
}

}  // namespace

ConsoleSink::ConsoleSink(std::FILE* stream, ConsoleStyle style) : stream_(stream), style_(style) {
    // UTC, so that lines of servers in several places compare.
    const char* pattern = style == ConsoleStyle::journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v";
    set_formatter_(
        std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, ""));
}

void ConsoleSink::SetStatus(std::string text) {
    if (style_ != ConsoleStyle::terminal) return;
    const std::lock_guard lock(mutex_);
    if (text.empty() && status_.empty()) return;
    status_ = std::move(text);
    Write(std::string(kEraseLine) + status_);
    std::fflush(stream_);
}

void ConsoleSink::sink_it_(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    const std::string_view text(formatted.data(), formatted.size());

    std::string line;
    if (style_ == ConsoleStyle::journal) line = {'<', Priority(message.level), '>'};
    const std::string_view colour = style_ == ConsoleStyle::terminal ? Colour(message.level) : "";
    if (!status_.empty()) line += kEraseLine;
    line += colour;
    AppendPrintable(line, text);
    if (!colour.empty()) line += "\x1b[0m";
    line += '\n';
    line += status_;
    Write(line);
    std::fflush(stream_);
}

void ConsoleSink::flush_() { std::fflush(stream_); }

void ConsoleSink::Write(std::string_view text) {
    // Nobody could be told that the log cannot be written.
    [[maybe_unused]] const auto written = std::fwrite(text.data(), 1, text.size(), stream_);
}

}  // namespace amber::server
