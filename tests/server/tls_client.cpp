#include "tests/server/tls_client.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <stdexcept>

namespace amber::test {

TlsClient::TlsClient(std::uint16_t port, const Options& options)
    : socket_(port), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX_set_security_level(context_.get(), 0);  // old versions, too
    SSL_CTX_set_min_proto_version(context_.get(), options.version_min);
    SSL_CTX_set_max_proto_version(context_.get(), options.version_max);
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), socket_.Descriptor());
    if (options.ticket) SSL_set_session(tls_.get(), options.ticket);
    const timeval limit{10, 0};
    setsockopt(socket_.Descriptor(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (!options.before.empty()) socket_.Send(options.before);
    ERR_clear_error();
    if (SSL_connect(tls_.get()) != 1) throw std::runtime_error("no TLS: " + server::OpenSslError());
}

void TlsClient::Send(std::string_view bytes) {
    while (!bytes.empty()) {
        const int sent = SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
        if (sent <= 0) throw std::runtime_error("cannot send");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::optional<std::string> TlsClient::ReadLine() {
    while (true) {
        if (const auto end = received_.find('\n'); end != received_.npos) {
            std::string line = received_.substr(0, end);
            received_.erase(0, end + 1);
            return line;
        }
        char chunk[65536];
        ERR_clear_error();
        const int size = SSL_read(tls_.get(), chunk, sizeof chunk);
        if (size <= 0) return std::nullopt;
        received_.append(chunk, static_cast<std::size_t>(size));
    }
}

std::string TlsClient::Ask(const std::string& line) {
    Send(line + '\n');
    auto answer = ReadLine();
    if (!answer) throw std::runtime_error("closed");
    return *answer;
}

std::string TlsClient::Fingerprint() const {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(SSL_get0_peer_certificate(tls_.get()), EVP_sha256(), hash, &size);
    return {reinterpret_cast<char*>(hash), size};
}

}  // namespace amber::test
