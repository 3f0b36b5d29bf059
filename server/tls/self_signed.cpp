#include "server/tls/self_signed.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <stdexcept>

#include "server/wire/descriptor.h"
#include "server/wire/openssl.h"

namespace amber::server {
namespace {

constexpr long kDay = 24 * 60 * 60;
constexpr long kValid = 3650 * kDay;

using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, OpenSslFree<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpenSslFree<X509_EXTENSION_free>>;

void Must(bool good) {
    if (!good) throw std::runtime_error("cannot make a certificate: " + OpenSslError());
}

void AddExtension(X509* certificate, int kind, const char* value) {
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
    Must(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

X509Ptr SignedBy(EVP_PKEY* key) {
    X509Ptr certificate(X509_new());
    Must(certificate != nullptr);
    X509* x509 = certificate.get();
    std::uint64_t serial = 0;
    Must(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
    Must(X509_set_version(x509, X509_VERSION_3) == 1);
    Must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1) == 1);
    Must(X509_gmtime_adj(X509_getm_notBefore(x509), -kDay) != nullptr);
    Must(X509_gmtime_adj(X509_getm_notAfter(x509), kValid) != nullptr);
    X509_NAME* name = X509_get_subject_name(x509);
    Must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    reinterpret_cast<const unsigned char*>("Amber"), -1, -1,
                                    0) == 1);
    Must(X509_set_issuer_name(x509, name) == 1);
    AddExtension(x509, NID_basic_constraints, "critical,CA:FALSE");
    AddExtension(x509, NID_subject_alt_name, "DNS:localhost");
    Must(X509_set_pubkey(x509, key) == 1);
    Must(X509_sign(x509, key, EVP_sha256()) > 0);
    return certificate;
}

/// Under another name first, so that a file of this name is always a whole one.
void WriteFile(const std::filesystem::path& path, mode_t mode,
               const std::function<bool(std::FILE*)>& write) {
    const std::string unfinished = path.string() + ".new";
    const auto cannot = [&](const std::string& why) {
        return std::runtime_error("cannot write " + path.string() + ": " + why);
    };
    unlink(unfinished.c_str());
    Descriptor descriptor(open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!descriptor.IsOpen()) throw cannot(std::strerror(errno));
    std::FILE* file = fdopen(descriptor.Release(), "w");
    if (!file) throw cannot(std::strerror(errno));
    const bool written = write(file) && std::fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (std::fclose(file) != 0 || !written) throw cannot("the disk may be full");
    if (std::rename(unfinished.c_str(), path.c_str()) != 0) throw cannot(std::strerror(errno));
}

}  // namespace

void MakeSelfSigned(const CertificateFiles& files) {
    const KeyPtr key(EVP_EC_gen("P-256"));
    Must(key != nullptr);
    const X509Ptr certificate = SignedBy(key.get());
    WriteFile(files.key, 0600, [&](std::FILE* file) {
        return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
    });
    WriteFile(files.certificate, 0644,
              [&](std::FILE* file) { return PEM_write_X509(file, certificate.get()) == 1; });
}

}  // namespace amber::server
