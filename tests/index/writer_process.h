#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace amber::index {

/// This program once more, as a process that writes and is killed: threads of the database do not
/// survive a fork. A test that is the writer skips itself unless it is Told what to do.
class WriterProcess {
public:
    /// Runs the tests of `filter`; `variables` (NAME=VALUE) go before its own environment.
    WriterProcess(const std::string& filter, std::vector<std::string> variables);
    ~WriterProcess();
    WriterProcess(const WriterProcess&) = delete;

    /// Waits for TellReady(). False if it ended before.
    [[nodiscard]] bool WaitUntilReady();
    /// Sends SIGKILL after that time, and waits. False if it had ended by itself; see ExitCode().
    [[nodiscard]] bool KillAfter(std::chrono::microseconds delay);
    /// Lets it come to its end. Its exit code.
    [[nodiscard]] int WaitForEnd();
    /// -1 if it died of a signal.
    [[nodiscard]] int ExitCode() const { return exit_code_; }

    // In the writer:
    static bool IsTold(const char* name);
    static std::uint64_t Number(const char* name);
    static std::string Text(const char* name);
    static void TellReady();

private:
    /// The status that waitpid gives.
    int Wait();

    pid_t pid_ = -1;
    int ready_ = -1;
    int exit_code_ = -1;
};

/// NAME=VALUE
std::string Variable(const char* name, const std::string& value);
std::string Variable(const char* name, std::uint64_t value);

}  // namespace amber::index
