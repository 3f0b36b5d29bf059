#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace amber::test {

/// A real node on regtest, with a data directory and ports of its own, removed at the end.
class Bitcoind {
public:
    /// AMBER_BITCOIND, or /opt/bitcoind/bin/bitcoind; nothing if there is neither.
    static std::optional<std::filesystem::path> Program();

    /// Precondition: Program() has a value. `arguments` are given to every start.
    explicit Bitcoind(std::vector<std::string> arguments);
    ~Bitcoind();

    void Start();
    /// SIGTERM, and waits for its end.
    void Stop();

    [[nodiscard]] std::string Url() const;  ///< without credentials: by cookie
    [[nodiscard]] std::filesystem::path CookieFile() const;
    [[nodiscard]] std::uint16_t FreePort(std::size_t i) const { return ports_.at(i); }

private:
    std::vector<std::string> arguments_;
    std::filesystem::path datadir_;
    std::vector<std::uint16_t> ports_;  ///< RPC first; the rest is for the test's own arguments
    pid_t pid_ = -1;
};

/// A port of 127.0.0.1 that nobody listened on a moment ago.
std::uint16_t UnusedPort();

}  // namespace amber::test

/// Ends a test as skipped, saying why, where there is no real node.
#define AMBER_NEEDS_BITCOIND()             \
    if (!amber::test::Bitcoind::Program()) \
    GTEST_SKIP() << "no bitcoind: set AMBER_BITCOIND to its path"
