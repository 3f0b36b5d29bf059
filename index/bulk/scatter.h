#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/bulk/partitioned_rows.h"

namespace amber::index::bulk {

/// Rows on their way to many partitions, handed over a few at a time, as other threads may add to
/// the same ones. Memory: kTogether rows for each partition. Thread: one.
template <class Row>
class Scatter {
public:
    explicit Scatter(PartitionedRows& rows) : rows_(rows) {}

    void Add(std::size_t partition, const Row& row) {
        if (partition >= counts_.size()) Grow(partition + 1);
        waiting_[partition * kTogether + counts_[partition]] = row;
        if (++counts_[partition] == kTogether) Send(partition);
    }
    /// What waits. Only then are all rows where they belong.
    void Flush() {
        for (std::size_t partition = 0; partition < counts_.size(); ++partition) Send(partition);
    }

private:
    static constexpr std::size_t kTogether = 32;

    void Grow(std::size_t partitions) {
        counts_.resize(partitions);
        waiting_.resize(partitions * kTogether);
    }
    void Send(std::size_t partition) {
        if (counts_[partition] == 0) return;
        rows_.Add(partition,
                  {waiting_[partition * kTogether].bytes.data(), counts_[partition] * sizeof(Row)});
        counts_[partition] = 0;
    }

    PartitionedRows& rows_;
    std::vector<Row> waiting_;
    std::vector<std::uint8_t> counts_;  ///< of those that wait, by partition
};

}  // namespace amber::index::bulk
