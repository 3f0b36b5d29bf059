#include "server/tls/certificate.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "server/tls/certificate_keeper.h"
#include "server/tls/self_signed.h"

namespace amber::server {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::seconds;

struct CertificateTest : testing::Test {
    fs::path folder;

    CertificateTest() {
        std::string name = (fs::temp_directory_path() / "amber-tls-XXXXXX").string();
        folder = mkdtemp(name.data());
    }
    ~CertificateTest() override { fs::remove_all(folder); }

    CertificateFiles Files(const std::string& name = "own") const {
        return {folder / (name + "-cert.pem"), folder / (name + "-key.pem")};
    }
    CertificateFiles Made(const std::string& name = "own") const {
        MakeSelfSigned(Files(name));
        return Files(name);
    }
    static std::string Content(const fs::path& path) {
        std::ifstream file(path);
        return (std::ostringstream() << file.rdbuf()).str();
    }
    static void Write(const fs::path& path, const std::string& text) {
        std::ofstream(path) << text;
    }
    static std::string WhyNot(const CertificateFiles& files) {
        try {
            LoadCertificate(files);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "good";
    }
};

TEST_F(CertificateTest, MadeByOurselvesIsGoodForTenYearsAndPrivate) {
    const CertificateFiles files = Made();
    const Certificate loaded = LoadCertificate(files);
    EXPECT_EQ(loaded.fingerprint.size(), 32u * 3 - 1);
    const auto now = std::chrono::system_clock::now();
    EXPECT_GT(loaded.expires, now + hours(24 * 3640));
    EXPECT_LT(loaded.expires, now + hours(24 * 3660));
    struct stat key {};
    ASSERT_EQ(stat(files.key.c_str(), &key), 0);
    EXPECT_EQ(key.st_mode & 0777, 0600u);

    X509* certificate = SSL_CTX_get0_certificate(loaded.context.get());
    EXPECT_EQ(X509_verify(certificate, X509_get0_pubkey(certificate)), 1) << "signed by itself";
    EXPECT_LT(X509_cmp_current_time(X509_get0_notBefore(certificate)), 0);
    EXPECT_NE(LoadCertificate(Made("other")).fingerprint, loaded.fingerprint);
}

TEST_F(CertificateTest, CannotBeMadeWhereNothingCanBeWritten) {
    const CertificateFiles files{folder / "no" / "cert.pem", folder / "no" / "key.pem"};
    try {
        MakeSelfSigned(files);
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_EQ(std::string(error.what()),
                  "cannot write " + files.key.string() + ": No such file or directory");
    }
}

TEST_F(CertificateTest, KeyMayBeInTheSameFile) {
    const CertificateFiles files = Made();
    const fs::path both = folder / "both.pem";
    Write(both, Content(files.key) + Content(files.certificate));
    EXPECT_EQ(LoadCertificate({both, both}).fingerprint, LoadCertificate(files).fingerprint);
}

TEST_F(CertificateTest, WhatIsWrongIsNamed) {
    const CertificateFiles one = Made("one"), two = Made("two");
    EXPECT_EQ(WhyNot({folder / "none.pem", one.key}),
              (folder / "none.pem").string() + ": cannot read: No such file or directory");
    EXPECT_EQ(WhyNot({one.key, one.key}),
              one.key.string() + ": no certificate in PEM (no start line)");
    EXPECT_EQ(WhyNot({one.certificate, one.certificate}),
              one.certificate.string() + ": no key in PEM for the certificate in " +
                  one.certificate.string() + " (unsupported)");
    EXPECT_EQ(WhyNot({one.certificate, two.key}),
              two.key.string() + ": no key in PEM for the certificate in " +
                  one.certificate.string() + " (key values mismatch)");
    Write(folder / "cut.pem", Content(one.certificate).substr(0, 200));
    EXPECT_NE(WhyNot({folder / "cut.pem", one.key}), "good");
    Write(folder / "empty.pem", "");
    EXPECT_NE(WhyNot({folder / "empty.pem", one.key}), "good");
    EXPECT_EQ(WhyNot(one), "good");
}

/// It would be asked for on the terminal.
TEST_F(CertificateTest, AKeyWithAPasswordIsRefused) {
    const CertificateFiles files = Made();
    std::FILE* file = std::fopen(files.key.c_str(), "r");
    EVP_PKEY* key = PEM_read_PrivateKey(file, nullptr, nullptr, nullptr);
    std::fclose(file);
    file = std::fopen(files.key.c_str(), "w");
    unsigned char password[] = "secret";
    ASSERT_EQ(PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(), password, 6, nullptr, nullptr), 1);
    std::fclose(file);
    EVP_PKEY_free(key);
    EXPECT_NE(WhyNot(files).find(files.key.string() + ": no key in PEM"), std::string::npos);
}

struct KeeperTest : CertificateTest {
    CertificateKeeper::Clock::time_point now = CertificateKeeper::Clock::now();

    static std::string FingerprintOf(const CertificateKeeper& keeper) {
        X509* certificate = SSL_CTX_get0_certificate(keeper.Context().get());
        unsigned char hash[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        X509_digest(certificate, EVP_sha256(), hash, &size);
        return {reinterpret_cast<char*>(hash), size};
    }
    void Replace(const CertificateFiles& with, const CertificateFiles& old) const {
        fs::rename(with.key, old.key);
        fs::rename(with.certificate, old.certificate);
    }
};

TEST_F(KeeperTest, MakesOneOnlyIfThereIsNone) {
    CertificateFiles files{folder / "new" / "cert.pem", folder / "new" / "key.pem"};
    EXPECT_THROW(CertificateKeeper{files}, std::runtime_error);
    files.make = true;
    const std::string first = FingerprintOf(CertificateKeeper(files));
    EXPECT_EQ(FingerprintOf(CertificateKeeper(files)), first);
    fs::remove(files.key);
    EXPECT_THROW(CertificateKeeper{files}, std::runtime_error) << "half a pair is not replaced";
}

TEST_F(KeeperTest, FollowsItsFilesOnceTheyRest) {
    const CertificateFiles files = Made();
    CertificateKeeper keeper(files);
    const auto first = keeper.Context();
    keeper.Poll(now);
    EXPECT_EQ(keeper.Context(), first);
    Replace(Made("next"), files);
    keeper.Poll(now + seconds(2));
    EXPECT_EQ(keeper.Context(), first) << "the other file may be on its way";
    keeper.Poll(now + seconds(4));
    EXPECT_NE(keeper.Context(), first);
    const auto second = keeper.Context();
    keeper.Poll(now + seconds(6));
    EXPECT_EQ(keeper.Context(), second);
}

TEST_F(KeeperTest, KeepsTheOldOneWhenTheNewIsBad) {
    const CertificateFiles files = Made();
    CertificateKeeper keeper(files);
    const std::string good = FingerprintOf(keeper);
    Write(files.certificate, "rubbish");
    keeper.Reload();
    EXPECT_EQ(FingerprintOf(keeper), good);
    fs::remove(files.certificate);
    for (int i = 0; i < 3; ++i) keeper.Poll(now + seconds(2 * i));
    EXPECT_EQ(FingerprintOf(keeper), good);
    Replace(Made("next"), files);
    keeper.Reload();
    EXPECT_NE(FingerprintOf(keeper), good);
}

TEST_F(KeeperTest, RenewsTicketsEachDay) {
    CertificateKeeper keeper(Made());
    const auto first = keeper.Context();
    keeper.Poll(now + hours(23));
    EXPECT_EQ(keeper.Context(), first);
    keeper.Poll(now + hours(25));
    EXPECT_NE(keeper.Context(), first);
}

}  // namespace
}  // namespace amber::server
