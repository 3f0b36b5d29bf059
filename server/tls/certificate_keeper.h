#pragma once
#include <chrono>
#include <mutex>
#include <string>

#include "server/tls/certificate.h"

namespace amber::server {

/// Holds the certificate that new connections are served with, and looks after it: reads it again
/// when its files change, and makes a new context each day, so that tickets of TLS 1.2 cannot be
/// opened for longer. Connections keep the context they began with. Thread-safe.
class CertificateKeeper {
public:
    using Clock = std::chrono::steady_clock;

    /// Reads the files, after making them if that is asked for. Throws std::runtime_error that
    /// names the file and what is wrong with it.
    explicit CertificateKeeper(CertificateFiles files);

    [[nodiscard]] SslContextPtr Context() const;
    /// Reads the files again. If they are of no use the old certificate stays, and the log says
    /// why.
    void Reload();
    /// To be called every few seconds: reloads if it is time to. Files must look the same in two
    /// calls, so that a certificate is not read before its key has followed.
    void Poll(Clock::time_point now);

private:
    void ReloadLocked(Clock::time_point now);

    const CertificateFiles files_;
    mutable std::mutex mutex_;  ///< guards all below
    Certificate certificate_;
    std::string loaded_;  ///< how the files looked when they were read
    std::string seen_;    ///< how they looked in the last Poll()
    Clock::time_point loaded_at_;
};

}  // namespace amber::server
