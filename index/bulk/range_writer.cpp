#include "index/bulk/range_writer.h"

#include <algorithm>
#include <utility>

#include "index/header_merkle.h"
#include "index/history_rows.h"
#include "index/tables/header_merkle_table.h"
#include "index/tables/header_table.h"

namespace amber::index::bulk {

using store::RowSink;

namespace {

std::uint64_t TxidPrefix(const CreatedRow& row) {
    return row.Head() >> (64 - 8 * tables::kTxidPrefixSize);
}

/// As the keys of `h`, of which the match key holds more of the txid.
bool BeforeInH(const CreatedRow* a, const CreatedRow* b) {
    static_assert(tables::kTxidPrefixSize <= kMatchPrefix);
    if (TxidPrefix(*a) != TxidPrefix(*b)) return TxidPrefix(*a) < TxidPrefix(*b);
    if (a->Index() != b->Index()) return a->Index() < b->Index();
    return a->Num() < b->Num();
}

}  // namespace

RangeWriter::RangeWriter(Scattered& rows, const OutpointJoin& join) : rows_(rows), join_(join) {}

template <class Row>
std::span<Row> RangeWriter::ReadSorted(const PartitionedRows& rows, std::size_t partition,
                                       unsigned shared_bits, RowBuffer& buffer, SortSpace& space) {
    return SortRows(AsRows<Row>(rows.Read(partition, buffer)), shared_bits, space);
}

template <class Row, class Visit>
void RangeWriter::ForEachPartition(const PartitionedRows& rows, PartitionRange range,
                                   unsigned shared_bits, Visit&& visit) {
    for (std::size_t partition = range.first; partition < range.end; ++partition) {
        const auto sorted = ReadSorted<Row>(rows, partition, shared_bits, buffer_, space_);
        if (!sorted.empty()) visit(std::span<const Row>(sorted));
    }
}

std::uint64_t RangeWriter::Match(PartitionRange range, RowSink& h) {
    const unsigned bits = rows_.PartitionBits();
    std::uint64_t unspent_count = 0;
    for (std::size_t partition = range.first; partition < range.end; ++partition) {
        const auto created =
            ReadSorted<CreatedRow>(rows_.created, partition, bits, buffer_, space_);
        const auto spent =
            ReadSorted<SpentRow>(rows_.spent, partition, bits, spent_buffer_, spent_space_);
        join_.Run(created, spent, matched_);
        for (const auto& [output, spender] : matched_.spends) {
            uses_.Add(rows_.PartitionOf(output->ScriptBytes()),
                      UseRow::Make(output->Script(), spender));
            spenders_.Add(SpenderPartitionOf(output->Num()),
                          SpenderRow::Make(output->Num(), output->Index(), spender));
        }
        for (const CreatedRow* row : matched_.unspent)
            unspent_.Add(rows_.PartitionOf(row->ScriptBytes()), UnspentRow::Make(*row));
        WriteH(h);
        unspent_count += matched_.unspent.size();
    }
    unspent_.Flush();
    uses_.Flush();
    spenders_.Flush();
    return unspent_count;
}

void RangeWriter::WriteH(RowSink& h) {
    InsertionSort(std::span(matched_.unspent), BeforeInH);
    for (const CreatedRow* row : matched_.unspent)
        h.Put(row->HKey(), tables::HValue(row->Script(), row->Value()));
}

void RangeWriter::WriteHistory(PartitionRange range, RowSink& history) {
    const auto put = [&](std::string_view key, std::string_view value) { history.Put(key, value); };
    ForEachPartition<UseRow>(rows_.uses, range, rows_.PartitionBits(),
                             [&](std::span<const UseRow> rows) { PackHistory(rows, put); });
}

void RangeWriter::WriteUnspent(PartitionRange range, RowSink& u) {
    ForEachPartition<UnspentRow>(rows_.unspent, range, rows_.PartitionBits(),
                                 [&](std::span<const UnspentRow> rows) {
                                     for (const UnspentRow& row : rows)
                                         u.Put(row.Key(), tables::UValue(row.Value()));
                                 });
}

void RangeWriter::WriteTxNums(PartitionRange range, RowSink& txnum) {
    ForEachPartition<TxNumRow>(rows_.txnums, range, rows_.PartitionBits(),
                               [&](std::span<const TxNumRow> rows) {
                                   for (const TxNumRow& row : rows) txnum.Put(row.Key(), {});
                               });
}

void RangeWriter::WriteSpenders(PartitionRange range, RowSink& spender) {
    constexpr unsigned kSharedBits = 8 * tables::kTxNumSize - kSpenderPartitionBits;
    ForEachPartition<SpenderRow>(rows_.spenders, range, kSharedBits,
                                 [&](std::span<const SpenderRow> rows) {
                                     for (const SpenderRow& row : rows)
                                         spender.Put(row.Key(), row.Value());
                                 });
}

template <class Visit>
void RangeWriter::ForEachHeader(Visit&& visit) {
    const auto bytes = rows_.headers.Read(0, buffer_);
    tables::RowReader in({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    for (Height height; !in.Done(); height = Next(height)) visit(height, in.Raw(in.Int<2>()));
}

void RangeWriter::WriteHeaders(PartitionRange, RowSink& header) {
    ForEachHeader([&](Height height, std::string_view value) {
        header.Put(tables::HeaderKey(height), value);
    });
}

void RangeWriter::WriteHeaderMerkle(PartitionRange, RowSink& header_merkle) {
    HeaderMerkle tree;
    using NodeKey = decltype(tables::HeaderMerkleKey({}, {}));
    std::vector<std::pair<NodeKey, MerkleNode>> nodes;
    ForEachHeader([&](Height, std::string_view value) {
        tree.Append(tables::ReadHeaderRow(value).hash,
                    [&](std::uint32_t level, std::uint32_t index, const MerkleNode& node) {
                        nodes.emplace_back(tables::HeaderMerkleKey(level, index), node);
                    });
    });
    std::sort(nodes.begin(), nodes.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [key, node] : nodes)
        header_merkle.Put(key,
                          {reinterpret_cast<const char*>(node.bytes.data()), node.bytes.size()});
}

}  // namespace amber::index::bulk
