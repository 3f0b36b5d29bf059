// The low-level calls are marked deprecated, but what replaced them costs several times as much
// per short message (limits.md section 1).
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cstring>

#include "index/chain/sha256_kernel.h"

namespace amber::index {
namespace {

void Compress(std::uint32_t* state, const std::uint8_t* data, std::size_t blocks) {
    SHA256_CTX context{};
    std::memcpy(context.h, state, sizeof context.h);
    context.md_len = SHA256_DIGEST_LENGTH;
    SHA256_Update(&context, data, blocks * SHA256_CBLOCK);  // whole blocks only: none is held back
    std::memcpy(state, context.h, sizeof context.h);
}

void HashPieces(const HashJob& job, std::uint8_t* out32) {
    SHA256_CTX context;
    SHA256_Init(&context);
    for (const ByteView piece : job.pieces) SHA256_Update(&context, piece.data(), piece.size());
    SHA256_Final(out32, &context);
}

void HashAgain(std::uint8_t* digest32) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, digest32, SHA256_DIGEST_LENGTH);
    SHA256_Final(digest32, &context);
}

void Many(std::span<const HashJob> jobs) {
    for (const HashJob& job : jobs) HashPieces(job, job.out32);
}

void ManyTwice(std::span<const HashJob> jobs) {
    for (const HashJob& job : jobs) {
        HashPieces(job, job.out32);
        HashAgain(job.out32);
    }
}

void MerklePairs(const std::uint8_t* in, std::size_t count, std::uint8_t* out) {
    for (std::size_t i = 0; i < count; ++i) {
        SHA256_CTX context;
        SHA256_Init(&context);
        SHA256_Update(&context, in + 64 * i, 64);
        SHA256_Final(out + 32 * i, &context);
        HashAgain(out + 32 * i);
    }
}

}  // namespace

const Sha256Kernel& OpensslKernel() {
    static constexpr Sha256Kernel kKernel{"openssl", Compress, Many, ManyTwice, MerklePairs};
    return kKernel;
}

}  // namespace amber::index
