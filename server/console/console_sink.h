#pragma once
#include <spdlog/sinks/base_sink.h>

#include <cstdio>
#include <mutex>
#include <string>

namespace amber::server {

/// How lines look.
enum class ConsoleStyle {
    terminal,  ///< time and level, trouble in colour, a status line kept at the bottom
    plain,     ///< time and level
    journal,   ///< for systemd's journal, which keeps time and level itself: "<6>text"
};

/// Writes log lines to a stream. Control characters in a message, which may come from a client, are
/// shown as \xNN, so that one message is one line.
/// Thread-safe. Borrows the stream.
class ConsoleSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    ConsoleSink(std::FILE* stream, ConsoleStyle style);

    /// Shows `text` below the log lines until the next call; empty takes it away. Does nothing
    /// unless the style is `terminal`.
    void SetStatus(std::string text);

private:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override;

    void Write(std::string_view text);

    std::FILE* stream_;
    const ConsoleStyle style_;
    std::string status_;  // guarded by the base's mutex_
};

}  // namespace amber::server
