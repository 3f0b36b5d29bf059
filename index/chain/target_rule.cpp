#include "index/chain/target_rule.h"

#include <algorithm>

namespace amber::index {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::int64_t kPeriodSeconds = 14 * 24 * 60 * 60;
constexpr std::int64_t kStep = 4;  ///< the target changes by no more than this factor

/// A target as m * 256^shift, m of at most 23 bits; see proof_of_work.h.
struct Target {
    std::uint32_t mantissa = 0;
    int shift = 0;
};

Target Decode(std::uint32_t bits) { return {bits & 0x007f'ffff, static_cast<int>(bits >> 24) - 3}; }

/// The three highest bytes of value * 256^shift, less if the first would have the sign bit.
std::uint32_t Encode(Wide value, int shift) {
    for (; value > 0x007f'ffff; value >>= 8) ++shift;
    for (; value != 0 && value <= 0x7fff; value <<= 8) --shift;
    return static_cast<std::uint32_t>(shift + 3) << 24 | static_cast<std::uint32_t>(value);
}

/// Both normalised, as Encode() leaves them.
bool IsEasier(std::uint32_t a, std::uint32_t b) { return a > b; }

}  // namespace

std::uint32_t NextTarget(const TargetRule& rule, std::uint32_t target_bits,
                         std::uint32_t first_time, std::uint32_t last_time) {
    if (rule.change == TargetRule::Change::never) return target_bits;
    const std::int64_t took = std::clamp(std::int64_t{last_time} - std::int64_t{first_time},
                                         kPeriodSeconds / kStep, kPeriodSeconds * kStep);
    const Target target = Decode(target_bits);
    // Four bytes more, of which the division leaves enough. Below 256^0 nothing is kept.
    const int extra = std::clamp(target.shift, 0, 4);
    const Wide product = (Wide{target.mantissa} * static_cast<Wide>(took)) << (8 * extra);
    const std::uint32_t next = Encode(product / kPeriodSeconds, target.shift - extra);
    return IsEasier(next, rule.easiest) ? rule.easiest : next;
}

}  // namespace amber::index
