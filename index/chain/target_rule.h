#pragma once
#include <cstdint>

namespace amber::index {

/// How hard the blocks of a network must be to find, as far as it follows from their headers.
/// A period is 2,016 blocks and meant to take two weeks; with each, the target follows the time
/// that the last one took, by at most a factor of four.
struct TargetRule {
    enum class Change {
        never,                   ///< regtest
        each_period,             ///< from the target of the period's last block
        each_period_from_first,  ///< from that of its first (BIP94)
    };
    std::uint32_t easiest = 0;  ///< in compact form; also the genesis block's
    std::uint32_t genesis_time = 0;
    Change change = Change::each_period;
    /// Test networks: a block that comes so late may have the easiest target, but for the first of
    /// a period. 0: none may.
    std::uint32_t late_seconds = 0;
};

constexpr std::uint32_t kTargetPeriod = 2016;

/// The target, in compact form, after a period whose first and last blocks have these times.
/// `target_bits` was the target during it. Precondition: it is no easier than the easiest.
[[nodiscard]] std::uint32_t NextTarget(const TargetRule& rule, std::uint32_t target_bits,
                                       std::uint32_t first_time, std::uint32_t last_time);

}  // namespace amber::index
