#include "index/chain/proof_of_work.h"

#include <algorithm>

namespace amber::index {
namespace {

constexpr std::uint32_t kSignBit = 0x0080'0000;
constexpr int kTargetBytes = 32;

/// What compact form says: `mantissa` times 256^`shift`.
struct Target {
    std::uint32_t mantissa = 0;  ///< 0: no hash can meet it
    int shift = 0;
};

Target Decode(std::uint32_t bits) {
    Target target{bits & (kSignBit - 1), static_cast<int>(bits >> 24) - 3};
    if (bits & kSignBit) return {};
    for (; target.shift < 0 && target.mantissa != 0; ++target.shift) target.mantissa >>= 8;
    if (target.mantissa == 0) return {};
    int mantissa_bytes = 1;
    while (target.mantissa >> (8 * mantissa_bytes) != 0) ++mantissa_bytes;
    if (target.shift + mantissa_bytes > kTargetBytes) return {};
    return target;
}

}  // namespace

Work WorkOf(std::uint32_t target_bits) {
    const Target target = Decode(target_bits);
    if (target.mantissa == 0) return 0;
    constexpr Work kMost = Work{1} << 100;
    const int bits = 8 * (kTargetBytes - target.shift);
    if (bits > 120) return kMost;
    // 2^256 / (target + 1), of which the 1 matters only where the division has no rest.
    return std::min(kMost, ((Work{1} << bits) - 1) / target.mantissa);
}

bool MeetsTarget(const BlockHash& hash, std::uint32_t target_bits) {
    const Target target = Decode(target_bits);
    if (target.mantissa == 0) return false;
    for (int i = kTargetBytes - 1; i >= 0; --i) {
        const int place = i - target.shift;
        const std::uint32_t limit =
            place < 0 || place > 2 ? 0 : target.mantissa >> (8 * place) & 0xff;
        if (hash.bytes[static_cast<std::size_t>(i)] != limit)
            return hash.bytes[static_cast<std::size_t>(i)] < limit;
    }
    return true;
}

}  // namespace amber::index
