#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "config/options.h"
#include "server/admin/admin_target.h"
#include "server/wallet_server.h"

namespace amber::server {

/// The limits that an operator changes while amberd runs, by the names and with the checks of the
/// options. Until the next start. Thread-safe. Borrows the server.
class LiveLimits {
public:
    LiveLimits(const config::Options& options, WalletServer& server)
        : options_(options), server_(server) {}

    [[nodiscard]] std::vector<AdminTarget::Limit> All() const;
    /// "max-sessions" or "max_sessions". Throws std::runtime_error that says what is wrong; then
    /// nothing has changed.
    void Set(const std::string& name, const std::vector<std::string>& values);

private:
    mutable std::mutex mutex_;
    config::Options options_;  // guarded by mutex_; only its limits change
    WalletServer& server_;
};

}  // namespace amber::server
