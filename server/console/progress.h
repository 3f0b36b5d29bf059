#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "server/console/progress_meter.h"

namespace amber::server {

/// "2 h 05 min", "3 d 4 h", "12 s".
std::string FormatDuration(std::chrono::seconds time);
/// One plain line: "12.3 %, height 123456 of 900000, 1234 blocks/s, ...". For logs and systemd.
std::string FormatProgress(const ProgressReading& reading);
/// The same with a bar, cut to `columns`.
std::string FormatProgressBar(const ProgressReading& reading, std::size_t columns);

/// Shows a sync to whoever watches stderr: a bar on a terminal, a log line now and then elsewhere.
/// Thread: one at a time.
class ProgressDisplay {
public:
    /// `line_every`: between two log lines.
    explicit ProgressDisplay(bool terminal,
                             std::chrono::seconds line_every = std::chrono::seconds(15))
        : terminal_(terminal), line_every_(line_every) {}
    ~ProgressDisplay() { Hide(); }
    ProgressDisplay(const ProgressDisplay&) = delete;
    ProgressDisplay& operator=(const ProgressDisplay&) = delete;

    /// Call it about once a second, or more often; it shows no more than is readable.
    void Show(const ProgressReading& reading, std::chrono::steady_clock::time_point now);
    /// Takes the bar away, until the next Show().
    void Hide();

private:
    const bool terminal_;
    const std::chrono::milliseconds line_every_;
    std::optional<std::chrono::steady_clock::time_point> shown_;
};

}  // namespace amber::server
