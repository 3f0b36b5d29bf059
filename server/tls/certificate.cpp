#include "server/tls/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace amber::server {
namespace {

/// TLS 1.3 clients that hold one ticket can resume; each more is 200 bytes for every handshake.
constexpr std::size_t kTickets = 1;

std::runtime_error Wrong(const std::filesystem::path& file, const std::string& what) {
    return std::runtime_error(file.string() + ": " + what);
}

void CheckReadable(const std::filesystem::path& file) {
    errno = 0;
    if (!std::ifstream(file))
        throw Wrong(file, std::string("cannot read: ") + std::strerror(errno));
}

int NoPassword(char*, int, int, void*) { return -1; }

std::string Fingerprint(const X509* certificate) {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (X509_digest(certificate, EVP_sha256(), hash, &size) != 1)
        throw std::runtime_error("cannot hash a certificate: " + OpenSslError());
    constexpr const char* kDigits = "0123456789ABCDEF";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        if (i > 0) text += ':';
        text += kDigits[hash[i] >> 4];
        text += kDigits[hash[i] & 15];
    }
    return text;
}

std::chrono::system_clock::time_point ExpiryOf(const X509* certificate) {
    std::tm when{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &when) != 1) return {};
    return std::chrono::system_clock::from_time_t(timegm(&when));
}

SslContextPtr MakeContext() {
    const SslContextPtr context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    if (!context) throw std::runtime_error("cannot set up TLS: " + OpenSslError());
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE |
                                           SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Else a peer that sends nothing but key updates would keep us in one call of SSL_read().
    SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
    // Clients keep the state of a session, in a ticket that only this context can open.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context.get(), kTickets);
    SSL_CTX_set_default_passwd_cb(context.get(), NoPassword);
    return context;
}

}  // namespace

Certificate LoadCertificate(const CertificateFiles& files) {
    CheckReadable(files.certificate);
    CheckReadable(files.key);
    Certificate loaded{.context = MakeContext(), .fingerprint = {}, .expires = {}};
    SSL_CTX* context = loaded.context.get();
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        throw Wrong(files.certificate, "no certificate in PEM (" + OpenSslError() + ")");
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
        throw Wrong(files.key, "no key in PEM for the certificate in " +
                                   files.certificate.string() + " (" + OpenSslError() + ")");
    const X509* own = SSL_CTX_get0_certificate(context);
    loaded.fingerprint = Fingerprint(own);
    loaded.expires = ExpiryOf(own);
    return loaded;
}

}  // namespace amber::server
