#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "config/options.h"
#include "server/wallet_server.h"

namespace amber::server {

/// The limits that an operator changes while amberd runs, by the names and with the checks of the
/// options. Until the next start. Thread-safe. Borrows the server.
class LiveLimits {
public:
    LiveLimits(const config::Options& options, WalletServer& server)
        : options_(options), server_(server) {}

    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> All() const;
    /// "max-sessions" or "max_sessions". Throws std::runtime_error that says what is wrong.
    void Set(const std::string& name, const std::string& value);

private:
    mutable std::mutex mutex_;
    config::Options options_;  // guarded by mutex_; only its limits change
    WalletServer& server_;
};

}  // namespace amber::server
