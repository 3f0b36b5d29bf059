#include "server/tls/certificate_keeper.h"

#include <spdlog/spdlog.h>

#include <ctime>
#include <stdexcept>

#include "server/file_look.h"
#include "server/tls/self_signed.h"

namespace amber::server {
namespace {

constexpr std::chrono::hours kRenewTickets{24};

std::string Look(const CertificateFiles& files) {
    return FileLook(files.certificate) + ", " + FileLook(files.key);
}

std::string DateOf(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[16];
    std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
    return text;
}

void MakeIfMissing(const CertificateFiles& files) {
    if (std::filesystem::exists(files.certificate) || std::filesystem::exists(files.key)) return;
    std::filesystem::create_directories(files.certificate.parent_path());
    MakeSelfSigned(files);
    spdlog::info("made a self-signed certificate: {}", files.certificate.string());
}

void Tell(const Certificate& certificate, const CertificateFiles& files) {
    spdlog::info("certificate {}: valid until {}, SHA-256 fingerprint {}",
                 files.certificate.string(), DateOf(certificate.expires), certificate.fingerprint);
    if (certificate.expires < std::chrono::system_clock::now())
        spdlog::warn("the certificate in {} has expired: wallets will refuse it",
                     files.certificate.string());
}

}  // namespace

CertificateKeeper::CertificateKeeper(CertificateFiles files) : files_(std::move(files)) {
    if (files_.make) MakeIfMissing(files_);
    loaded_ = seen_ = Look(files_);
    certificate_ = LoadCertificate(files_);
    loaded_at_ = Clock::now();
    Tell(certificate_, files_);
}

SslContextPtr CertificateKeeper::Context() const {
    const std::lock_guard lock(mutex_);
    return certificate_.context;
}

void CertificateKeeper::Reload() {
    const std::lock_guard lock(mutex_);
    ReloadLocked(Clock::now());
}

void CertificateKeeper::Poll(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    std::string look = Look(files_);
    const bool changed = look != loaded_ && look == seen_;
    seen_ = std::move(look);
    if (changed || now - loaded_at_ > kRenewTickets) ReloadLocked(now);
}

void CertificateKeeper::ReloadLocked(Clock::time_point now) {
    // Also if it fails: files of no use are not tried again before they change.
    loaded_ = Look(files_);
    loaded_at_ = now;
    try {
        certificate_ = LoadCertificate(files_);
        Tell(certificate_, files_);
    } catch (const std::exception& error) {
        spdlog::error("the old certificate stays in use: {}", error.what());
    }
}

}  // namespace amber::server
