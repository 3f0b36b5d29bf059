#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/bulk/outpoint_join.h"
#include "index/bulk/row_sort.h"
#include "index/bulk/scatter.h"
#include "index/bulk/scattered.h"
#include "index/store/row_sink.h"

namespace amber::index::bulk {

struct PartitionRange {
    std::size_t first, end;
};

/// Gathers the rows of a range of partitions, sorts them and writes them as rows of a table.
/// Memory: about twice the rows of a partition. Thread: one each; they share `rows`.
class RangeWriter {
public:
    /// Both borrowed.
    RangeWriter(Scattered& rows, const OutpointJoin& join);

    /// Matches outputs with spends: the unspent go to `h` and, as the others do, to the rows of the
    /// tables that are written from scripts and TxNums. Gives how many are unspent. Errors: as
    /// OutpointJoin's.
    std::uint64_t Match(PartitionRange range, store::RowSink& h);

    void WriteHistory(PartitionRange range, store::RowSink& history);
    void WriteUnspent(PartitionRange range, store::RowSink& u);
    void WriteTxNums(PartitionRange range, store::RowSink& txnum);
    void WriteSpenders(PartitionRange range, store::RowSink& spender);
    void WriteHeaders(PartitionRange range, store::RowSink& header);
    void WriteHeaderMerkle(PartitionRange range, store::RowSink& header_merkle);

private:
    /// visit(sorted rows) for each partition of a range that has any.
    template <class Row, class Visit>
    void ForEachPartition(const PartitionedRows& rows, PartitionRange range, unsigned shared_bits,
                          Visit&& visit);
    template <class Row>
    std::span<Row> ReadSorted(const PartitionedRows& rows, std::size_t partition,
                              unsigned shared_bits, RowBuffer& buffer, SortSpace& space);
    /// visit(Height, value of the header row)
    template <class Visit>
    void ForEachHeader(Visit&& visit);
    void WriteH(store::RowSink& h);

    Scattered& rows_;
    const OutpointJoin& join_;
    Scatter<UnspentRow> unspent_{rows_.unspent};
    Scatter<UseRow> uses_{rows_.uses};
    Scatter<SpenderRow> spenders_{rows_.spenders};
    RowBuffer buffer_, spent_buffer_;
    SortSpace space_, spent_space_;
    OutpointJoin::Result matched_;
};

}  // namespace amber::index::bulk
