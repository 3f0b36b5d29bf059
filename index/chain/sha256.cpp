#include "index/chain/sha256.h"

#include <algorithm>
#include <cstring>

#include "index/chain/sha256_kernel.h"

namespace amber::index {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kLengthField = 8;

const Sha256Kernel& Kernel() {
    static const Sha256Kernel& chosen = ShaNiKernel() ? *ShaNiKernel() : OpensslKernel();
    return chosen;
}

void WriteBigEndian(std::uint32_t value, std::uint8_t* out) {
    value = __builtin_bswap32(value);
    std::memcpy(out, &value, sizeof value);
}

}  // namespace

Sha256::Sha256() { std::copy_n(kSha256Initial, 8, state_); }

Sha256& Sha256::Update(ByteView data) {
    const std::size_t pending = size_ % kBlock;
    size_ += data.size();
    if (pending > 0) {
        const std::size_t taken = std::min(kBlock - pending, data.size());
        std::copy_n(data.begin(), taken, pending_ + pending);
        data = data.subspan(taken);
        if (pending + taken < kBlock) return *this;
        Kernel().compress(state_, pending_, 1);
    }
    const std::size_t blocks = data.size() / kBlock;
    if (blocks > 0) Kernel().compress(state_, data.data(), blocks);
    data = data.subspan(blocks * kBlock);
    std::copy_n(data.begin(), data.size(), pending_);
    return *this;
}

void Sha256::Finish(std::uint8_t* out32) {
    std::uint8_t tail[2 * kBlock] = {};
    const std::size_t pending = size_ % kBlock;
    std::copy_n(pending_, pending, tail);
    tail[pending] = 0x80;
    const std::size_t blocks = pending + 1 + kLengthField <= kBlock ? 1 : 2;
    const std::uint64_t bits = __builtin_bswap64(size_ * 8);
    std::memcpy(tail + blocks * kBlock - kLengthField, &bits, kLengthField);
    Kernel().compress(state_, tail, blocks);
    for (int i = 0; i < 8; ++i) WriteBigEndian(state_[i], out32 + 4 * i);
}

void Sha256Once(ByteView data, std::uint8_t* out32) { Sha256().Update(data).Finish(out32); }

void Sha256Twice(ByteView data, std::uint8_t* out32) {
    std::uint8_t inner[32];
    Sha256Once(data, inner);
    Sha256Once(inner, out32);
}

void Sha256Many(std::span<const HashJob> jobs) { Kernel().many(jobs); }
void Sha256dMany(std::span<const HashJob> jobs) { Kernel().many_twice(jobs); }

void HashMerklePairs(const std::uint8_t* in, std::size_t count, std::uint8_t* out) {
    Kernel().merkle_pairs(in, count, out);
}

const char* Sha256Implementation() { return Kernel().name; }

}  // namespace amber::index
