#pragma once
#include "server/server_options.h"

namespace amber::server {

/// Writes a new key (ECDSA on P-256, for its owner's eyes only) and a certificate of it, signed by
/// itself and valid for 10 years. Wallets remember it when they first see it.
/// Throws std::runtime_error that names the file which cannot be written.
void MakeSelfSigned(const CertificateFiles& files);

}  // namespace amber::server
