#pragma once
#include <chrono>
#include <string>

#include "server/server_options.h"
#include "server/wire/openssl.h"

namespace amber::server {

/// A certificate with its key, ready to serve: TLS 1.2 and 1.3, sessions resumed by tickets,
/// nothing renegotiated, no buffers kept by idle connections.
struct Certificate {
    SslContextPtr context;
    std::string fingerprint;  ///< SHA-256, as `openssl x509 -fingerprint` has it
    std::chrono::system_clock::time_point expires;
};

/// Throws std::runtime_error that names the file and what is wrong with it. Never asks for a
/// password: a key that needs one is refused.
Certificate LoadCertificate(const CertificateFiles& files);

}  // namespace amber::server
