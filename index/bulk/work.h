#pragma once
#include <cstdint>

namespace amber::index::bulk {

/// Rows of each kind that a build has scattered (see Scattered).
struct RowCounts {
    std::uint64_t txnums = 0, uses = 0, spenders = 0;
    std::uint64_t created = 0, spent = 0;  ///< to be matched
    std::uint64_t unspent = 0;             ///< what that leaves

    /// What they become when outputs and spends are matched.
    [[nodiscard]] RowCounts Matched() const;
};

/// Nanoseconds of one processor that rows cost, as measured once: of use to compare the stages of a
/// build, on any machine.
namespace work {

[[nodiscard]] std::uint64_t Adding(const RowCounts& rows);
[[nodiscard]] std::uint64_t Matching(const RowCounts& rows);
// A table, or a part of it, from so many rows.
[[nodiscard]] std::uint64_t TxNums(std::uint64_t rows);
[[nodiscard]] std::uint64_t Unspent(std::uint64_t rows);
[[nodiscard]] std::uint64_t History(std::uint64_t uses);
[[nodiscard]] std::uint64_t Spenders(std::uint64_t rows);
/// All tables, from rows that are matched.
[[nodiscard]] std::uint64_t Tables(const RowCounts& rows);

}  // namespace work
}  // namespace amber::index::bulk
