#pragma once
#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace amber::server {

/// Frees what OpenSSL has made, with the function that it wants for it.
template <auto free>
struct OpenSslFree {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};

/// One connection's TLS.
using SslPtr = std::unique_ptr<SSL, OpenSslFree<SSL_free>>;
/// What connections have in common: certificate, key, settings. Thread-safe once it is set up.
using SslContextPtr = std::shared_ptr<SSL_CTX>;

/// Why the last call of OpenSSL on this thread failed, in its words. Empties its list of errors.
std::string OpenSslError();

}  // namespace amber::server
