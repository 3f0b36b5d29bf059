#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "server/admin/admin_target.h"

namespace amber::server {

/// The operator's JSON-RPC: newline-separated requests on a port of its own, from the first
/// second, also while syncing. No passwords: bind it to loopback only.
/// Thread: owns one ("admin"), on which all requests run one after the other.
class AdminServer {
public:
    /// Listens at once. Port 0 lets the system choose.
    /// Throws std::runtime_error that names the address, if it cannot be listened on.
    AdminServer(const std::string& host, std::uint16_t port, AdminTarget target);
    ~AdminServer();  ///< closes everything and joins the thread

    [[nodiscard]] std::uint16_t Port() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace amber::server
