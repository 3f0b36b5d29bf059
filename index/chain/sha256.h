#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "index/chain/bytes.h"
#include "index/chain/hash.h"

// SHA-256 (FIPS 180-4) at the machine's speed: SHA-NI with interleaved lanes where the
// processor has it (chosen once at run time), OpenSSL's low-level calls elsewhere.
// All functions are thread-safe and allocate nothing.
namespace amber::index {

/// A running hash over a stream. Copyable: a copy continues independently.
class Sha256 {
public:
    Sha256();
    Sha256& Update(ByteView data);
    /// Ends the stream; the object must not be updated afterwards.
    void Finish(std::uint8_t* out32);

private:
    std::uint32_t state_[8];
    std::uint64_t size_ = 0;
    std::uint8_t pending_[64];
};

void Sha256Once(ByteView data, std::uint8_t* out32);
void Sha256Twice(ByteView data, std::uint8_t* out32);

template <class Hash>
Hash Sha256As(ByteView data) {
    Hash hash;
    Sha256Once(data, hash.bytes.data());
    return hash;
}
template <class Hash>
Hash Sha256dAs(ByteView data) {
    Hash hash;
    Sha256Twice(data, hash.bytes.data());
    return hash;
}

/// One message of a batch: up to three pieces hashed as if they were joined (a segwit
/// transaction without its marker and witness is three pieces).
struct HashJob {
    ByteView pieces[3];
    std::uint8_t* out32 = nullptr;
};

/// Many independent messages, several lanes at a time, in any order: no out32 may lie within a
/// piece of any job. Better one call with hundreds of jobs than many with few.
void Sha256Many(std::span<const HashJob> jobs);
void Sha256dMany(std::span<const HashJob> jobs);

/// out[i] = double SHA-256 of the 64 bytes at in + 64 * i, for i < count. in == out is allowed.
void HashMerklePairs(const std::uint8_t* in, std::size_t count, std::uint8_t* out);

/// "sha-ni" or "openssl", for the log.
const char* Sha256Implementation();

}  // namespace amber::index
