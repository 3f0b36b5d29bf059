#include "index/chain/sha256.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <random>

#include "index/chain/hex.h"
#include "index/chain/sha256_kernel.h"
#include "tests/support/chain_data.h"

namespace amber::index {
namespace {

using Digest = Hash256<struct DigestTag>;

Digest Reference(ByteView data) {
    Digest digest;
    EVP_Digest(data.data(), data.size(), digest.bytes.data(), nullptr, EVP_sha256(), nullptr);
    return digest;
}

Bytes RandomBytes(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
}

ByteView TextBytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Sha256, KnownAnswers) {
    EXPECT_EQ(ToHex(Sha256As<Digest>({}).View()),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(ToHex(Sha256As<Digest>(TextBytes("abc")).View()),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(ToHex(Sha256dAs<Digest>(TextBytes("hello")).View()),
              "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50");
}

TEST(Sha256, StatusOfAScript) {  // protocol.md section 16
    const char* text =
        "a6c9c361bd0bc536d6a22648efbf8f9b200e425ef6c3a7a9669dc444c532a347:2472:"
        "9c42f84b2fcdaff676ba25d9d4941741cc0d1a01cce0c23fdc4c0b2afa38431c:2473:"
        "770f2d4371b3fabb902dd9a103e2dd005fcd3971181078fca4a2a1d6ff127b30:2473:"
        "80b19848aed792565ab7c5a79b7c2a00fbf985741579396ebe0ab6098e607311:0:"
        "e02a1dadfa83b996b24175df807b271ea5d02937ef5b35c195fac1e1bdc3198f:0:"
        "bb4c8ab438c13b89ca80d1d5bee25b0b6b7f55673f4d801998ba97db161d9e85:-1:";
    EXPECT_EQ(ToHex(Sha256As<StatusHash>(TextBytes(text)).View()),
              "78e96c6562cafa71c115503b9411fdfdc595a45031e2ab76ff75162fe1b0590d");
}

TEST(Sha256, ScriptHashes) {  // protocol.md section 16
    EXPECT_EQ(ToDisplayHex(Sha256As<ScriptHash>(
                  *FromHex("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac"))),
              "8b01df4e368ea28f8dc0423bcf7a4923e3a12d307c875e47a0cfbf90b5c39161");
    EXPECT_EQ(ToDisplayHex(Sha256As<ScriptHash>(*FromHex(
                  "4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef"
                  "38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac"))),
              "740485f380ff6379d11ef6fe7d7cdd68aea7f8bd0d953d9fdf3531fb7d531833");
}

TEST(Sha256, EveryShortLengthEqualsOpenssl) {
    for (std::size_t size = 0; size <= 300; ++size) {
        const Bytes data = RandomBytes(size, size);
        EXPECT_EQ(Sha256As<Digest>(data), Reference(data)) << size;
        EXPECT_EQ(Sha256dAs<Digest>(data), Reference(Reference(data).View())) << size;
    }
}

TEST(Sha256, StreamMayBeCutAnywhere) {
    std::mt19937_64 random(3);
    for (int round = 0; round < 500; ++round) {
        const Bytes data = RandomBytes(random() % 1000, random());
        Sha256 stream;
        for (std::size_t done = 0; done < data.size();) {
            const std::size_t size = std::min<std::size_t>(random() % 150, data.size() - done);
            stream.Update(ByteView(data).subspan(done, size));
            done += size;
        }
        Digest digest;
        stream.Finish(digest.bytes.data());
        EXPECT_EQ(digest, Reference(data));
    }
}

TEST(Sha256, ACopyContinuesOnItsOwn) {
    const Bytes data = RandomBytes(200, 4);
    Sha256 first;
    first.Update(ByteView(data).first(100));
    Sha256 second = first;
    first.Update(ByteView(data).subspan(100));
    second.Update(TextBytes("other"));
    Bytes other(data.begin(), data.begin() + 100);
    for (const char c : std::string("other")) other.push_back(static_cast<std::uint8_t>(c));
    Digest digest;
    first.Finish(digest.bytes.data());
    EXPECT_EQ(digest, Reference(data));
    second.Finish(digest.bytes.data());
    EXPECT_EQ(digest, Reference(other));
}

/// Every implementation this machine can run must give the same answers.
class Sha256KernelTest : public testing::TestWithParam<const Sha256Kernel*> {
protected:
    /// Hashes the messages as one batch and each on its own, and compares.
    void ExpectBatchEqualsReference(const std::vector<std::vector<Bytes>>& messages) {
        std::vector<Digest> once(messages.size()), twice(messages.size());
        std::vector<HashJob> jobs(messages.size());
        for (std::size_t i = 0; i < messages.size(); ++i) {
            for (std::size_t p = 0; p < messages[i].size(); ++p) jobs[i].pieces[p] = messages[i][p];
            jobs[i].out32 = once[i].bytes.data();
        }
        GetParam()->many(jobs);
        for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i].out32 = twice[i].bytes.data();
        GetParam()->many_twice(jobs);
        for (std::size_t i = 0; i < messages.size(); ++i) {
            Bytes joined;
            for (const Bytes& piece : messages[i]) {
                joined.insert(joined.end(), piece.begin(), piece.end());
            }
            ASSERT_EQ(once[i], Reference(joined)) << "message " << i << ", " << joined.size();
            ASSERT_EQ(twice[i], Reference(Reference(joined).View())) << "message " << i;
        }
    }
};

TEST_P(Sha256KernelTest, CompressEqualsTheOther) {
    const Bytes data = RandomBytes(64 * 7, 5);
    std::uint32_t state[8], expected[8];
    std::copy_n(kSha256Initial, 8, state);
    std::copy_n(kSha256Initial, 8, expected);
    GetParam()->compress(state, data.data(), 7);
    OpensslKernel().compress(expected, data.data(), 7);
    EXPECT_TRUE(std::equal(state, state + 8, expected));
}

TEST_P(Sha256KernelTest, BatchesOfEverySizeAndLength) {
    for (std::size_t count = 0; count < 10; ++count) {
        for (std::size_t size = 0; size <= 300; size += count < 5 ? 1 : 17) {
            std::vector<std::vector<Bytes>> messages;
            for (std::size_t i = 0; i < count; ++i) messages.push_back({RandomBytes(size, i)});
            ExpectBatchEqualsReference(messages);
        }
    }
}

TEST_P(Sha256KernelTest, MixedLengthsInThreePieces) {
    const std::uint64_t seed = 6;
    std::mt19937_64 random(seed);
    for (int round = 0; round < 60; ++round) {
        std::vector<std::vector<Bytes>> messages(random() % 200);
        for (auto& pieces : messages) {
            for (int p = 0; p < 3; ++p) {
                const std::size_t limits[] = {1, 5, 70, 300, 1200, 9000};
                pieces.push_back(RandomBytes(random() % limits[random() % 6], random()));
            }
        }
        ExpectBatchEqualsReference(messages);
    }
}

TEST_P(Sha256KernelTest, OneHugeMessageAmongSmallOnes) {
    std::vector<std::vector<Bytes>> messages;
    for (std::size_t i = 0; i < 500; ++i) messages.push_back({RandomBytes(i % 90, i)});
    messages[3] = {RandomBytes(1'000'003, 3), RandomBytes(4, 4), RandomBytes(64, 5)};
    messages[499] = {RandomBytes(70'000, 6), {}, RandomBytes(1, 7)};
    ExpectBatchEqualsReference(messages);
}

TEST_P(Sha256KernelTest, LengthsAroundTheLimitOfCopying) {
    std::vector<std::vector<Bytes>> messages;
    for (std::size_t size = 950; size < 1150; ++size) messages.push_back({RandomBytes(size, size)});
    ExpectBatchEqualsReference(messages);
}

TEST_P(Sha256KernelTest, MerklePairs) {
    for (std::size_t count = 0; count < 20; ++count) {
        Bytes nodes = RandomBytes(64 * count, count);
        Bytes expected;
        for (std::size_t i = 0; i < count; ++i) {
            const Digest digest = Reference(Reference(ByteView(nodes).subspan(64 * i, 64)).View());
            expected.insert(expected.end(), digest.bytes.begin(), digest.bytes.end());
        }
        Bytes out(32 * count);
        GetParam()->merkle_pairs(nodes.data(), count, out.data());
        EXPECT_EQ(out, expected);
        GetParam()->merkle_pairs(nodes.data(), count, nodes.data());
        nodes.resize(32 * count);
        EXPECT_EQ(nodes, expected) << "in place";
    }
}

std::vector<const Sha256Kernel*> KernelsOfThisMachine() {
    std::vector<const Sha256Kernel*> kernels{&OpensslKernel()};
    if (ShaNiKernel() != nullptr) kernels.push_back(ShaNiKernel());
    return kernels;
}

INSTANTIATE_TEST_SUITE_P(Kernels, Sha256KernelTest, testing::ValuesIn(KernelsOfThisMachine()),
                         [](const auto& kernel) {
                             return std::string(kernel.param->name) == "sha-ni" ? "ShaNi"
                                                                                : "Openssl";
                         });

TEST(Sha256, PublicBatchesUseTheChosenKernel) {
    const Bytes data = RandomBytes(500, 8);
    Digest once, twice, pair;
    const HashJob one_job{{ByteView(data), {}, {}}, once.bytes.data()};
    const HashJob two_job{{ByteView(data), {}, {}}, twice.bytes.data()};
    Sha256Many({&one_job, 1});
    Sha256dMany({&two_job, 1});
    HashMerklePairs(data.data(), 1, pair.bytes.data());
    EXPECT_EQ(once, Reference(data));
    EXPECT_EQ(twice, Reference(Reference(data).View()));
    EXPECT_EQ(pair, Reference(Reference(ByteView(data).first(64)).View()));
    EXPECT_STREQ(Sha256Implementation(), ShaNiKernel() ? "sha-ni" : "openssl");
}

/// Lines "Len = bits", "Msg = hex", "MD = hex", in this order.
void ExpectNistVectors(const std::string& name, std::size_t count_min) {
    const Bytes file = test::ReadFile(*test::ChainDataDir() / "vectors" / name);
    std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    std::size_t bits = 0, count = 0;
    Bytes message;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.starts_with("Len = ")) bits = std::stoul(std::string(line.substr(6)));
        if (line.starts_with("Msg = ")) message = FromHex(line.substr(6)).value();
        if (!line.starts_with("MD = ")) continue;
        message.resize(bits / 8);
        EXPECT_EQ(ToHex(Sha256As<Digest>(message).View()), line.substr(5)) << bits << " bits";
        ++count;
    }
    EXPECT_GE(count, count_min);
}

TEST(Sha256, NistVectors) {
    AMBER_NEEDS_CHAIN_DATA();
    ExpectNistVectors("nist-SHA256ShortMsg.rsp.xz", 65);
    ExpectNistVectors("nist-SHA256LongMsg.rsp.xz", 64);
}

}  // namespace
}  // namespace amber::index
