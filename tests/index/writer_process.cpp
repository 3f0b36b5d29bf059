#include "tests/index/writer_process.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace amber::index {

namespace {
constexpr const char* kReadyFd = "AMBER_WRITER_READY_FD";
}

std::string Variable(const char* name, const std::string& value) {
    return std::string(name) + '=' + value;
}
std::string Variable(const char* name, std::uint64_t value) {
    return Variable(name, std::to_string(value));
}

WriterProcess::WriterProcess(const std::string& filter, std::vector<std::string> variables) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    ready_ = ends[0];
    variables.push_back(Variable(kReadyFd, static_cast<std::uint64_t>(ends[1])));
    std::vector<char*> environment;
    for (auto& variable : variables) environment.push_back(variable.data());
    for (char** old = ::environ; *old; ++old) environment.push_back(*old);
    environment.push_back(nullptr);
    std::string name = "writer", tests = "--gtest_filter=" + filter, brief = "--gtest_brief=1";
    char* arguments[] = {name.data(), tests.data(), brief.data(), nullptr};
    const int failed =
        ::posix_spawn(&pid_, "/proc/self/exe", nullptr, nullptr, arguments, environment.data());
    ::close(ends[1]);
    if (failed != 0) throw std::runtime_error("cannot start a writer");
}

WriterProcess::~WriterProcess() {
    ::close(ready_);
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

bool WriterProcess::WaitUntilReady() {
    char byte;
    return ::read(ready_, &byte, 1) == 1;
}

bool WriterProcess::KillAfter(std::chrono::microseconds delay) {
    std::this_thread::sleep_for(delay);
    ::kill(pid_, SIGKILL);
    const int status = Wait();
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

int WriterProcess::WaitForEnd() {
    Wait();
    return exit_code_;
}

int WriterProcess::Wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return status;
}

bool WriterProcess::IsTold(const char* name) { return std::getenv(name) != nullptr; }
std::uint64_t WriterProcess::Number(const char* name) {
    return std::strtoull(std::getenv(name), nullptr, 10);
}
std::string WriterProcess::Text(const char* name) { return std::getenv(name); }

void WriterProcess::TellReady() {
    if (::write(static_cast<int>(Number(kReadyFd)), "x", 1) != 1) std::abort();
}

}  // namespace amber::index
