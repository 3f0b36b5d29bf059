#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "index/chain/sha256.h"

// Inside of sha256.cpp, and for the tests that compare one implementation with another.
namespace amber::index {

inline constexpr std::uint32_t kSha256Initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/// One way to compute SHA-256. The functions have the contracts of their namesakes in sha256.h.
struct Sha256Kernel {
    const char* name;
    /// Folds `blocks` times 64 bytes into `state` (FIPS 180-4 section 6.2.2).
    void (*compress)(std::uint32_t* state, const std::uint8_t* data, std::size_t blocks);
    void (*many)(std::span<const HashJob> jobs);
    void (*many_twice)(std::span<const HashJob> jobs);
    void (*merkle_pairs)(const std::uint8_t* in, std::size_t count, std::uint8_t* out);
};

/// Works everywhere, one message at a time.
const Sha256Kernel& OpensslKernel();
/// Null if this processor has no SHA-NI.
const Sha256Kernel* ShaNiKernel();

}  // namespace amber::index
