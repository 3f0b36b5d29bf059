#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "index/bulk/row_buffer.h"
#include "index/bulk/scratch_row.h"

namespace amber::index::bulk {

/// What sorting needs beside the rows; kept from one partition to the next. One thread.
struct SortSpace {
    RowBuffer rows;
    std::vector<std::uint32_t> ends;
};

/// Sorts a few rows, or many that nearly are sorted.
template <class Row, class Less = std::less<>>
void InsertionSort(std::span<Row> rows, Less less = {}) {
    for (std::size_t i = 1; i < rows.size(); ++i) {
        if (!less(rows[i], rows[i - 1])) continue;
        const Row row = rows[i];
        std::size_t to = i;
        do rows[to] = rows[to - 1];
        while (--to > 0 && less(row, rows[to - 1]));
        rows[to] = row;
    }
}

/// Sorts the rows of a partition, a third of std::sort's cost: deals them out by the bits in which
/// they differ first, then sorts the few that got to one place. The first `shared_bits` (at most
/// 48) are alike, the next should be spread evenly. The result is in `space`, or where the rows
/// were.
template <class Row>
std::span<Row> SortRows(std::span<Row> rows, unsigned shared_bits, SortSpace& space) {
    constexpr std::size_t kFew = 24;
    constexpr unsigned kBitsMax = 16;
    const auto sort_rest = [](std::span<Row> some) {
        if (some.size() <= kFew)
            InsertionSort(some);
        else if (!std::is_sorted(some.begin(), some.end()))  // a busy script's often are
            std::sort(some.begin(), some.end());
    };
    if (rows.size() <= kFew) {
        InsertionSort(rows);
        return rows;
    }
    const unsigned bits = std::min<unsigned>(std::bit_width(rows.size() / 4), kBitsMax);
    const auto place_of = [&](const Row& row) { return row.Head() << shared_bits >> (64 - bits); };
    space.ends.assign((std::size_t{1} << bits) + 1, 0);
    for (const Row& row : rows) ++space.ends[place_of(row) + 1];
    for (std::size_t i = 1; i < space.ends.size(); ++i) space.ends[i] += space.ends[i - 1];
    const auto sorted = AsRows<Row>(space.rows.Take(rows.size_bytes()));
    for (const Row& row : rows) sorted[space.ends[place_of(row)]++] = row;
    space.ends.pop_back();
    std::size_t begin = 0;
    for (const std::uint32_t end : space.ends) {
        sort_rest(sorted.subspan(begin, end - begin));
        begin = end;
    }
    return sorted;
}

}  // namespace amber::index::bulk
