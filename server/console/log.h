#pragma once
#include <string>
#include <string_view>

namespace amber::server {

/// Makes spdlog's default logger write to stderr: for a terminal, a file or systemd's journal,
/// whichever stderr is. Call once, before threads that log start.
void SetUpLog();

/// Names are trace, debug, info, warning and error. False, and nothing changed, if it is another.
/// Thread-safe.
bool SetLogLevel(std::string_view name);
/// The name of the level in use. Thread-safe.
std::string LogLevel();

/// Whether stderr is a terminal.
bool OnTerminal();

/// Shows a line below the log on a terminal, until the next call; empty takes it away.
/// Thread-safe. Needs SetUpLog(); does nothing elsewhere than on a terminal.
void SetStatusLine(std::string text);

}  // namespace amber::server
