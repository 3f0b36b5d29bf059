#include "index/bulk/finish.h"

#include <array>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "index/header_merkle.h"
#include "index/history_rows.h"
#include "index/tables/header_merkle_table.h"
#include "index/tables/header_table.h"

namespace amber::index::bulk {

using store::RowSink;
using store::Table;

namespace {

constexpr std::size_t kRange = 32;     ///< partitions to a job: each table is 16 jobs
constexpr double kMatchedAt = 0.4;     ///< of the whole work, when outputs are matched
constexpr std::size_t kTogether = 64;  ///< rows of one partition handed over at a time

/// Rows on their way to many partitions, a few at a time.
template <class Row>
class Scatter {
public:
    explicit Scatter(ScratchRows& rows) : rows_(rows) {}
    void Add(std::size_t partition, const Row& row) {
        if (partition >= waiting_.size()) waiting_.resize(partition + 1);
        std::vector<Row>& waiting = waiting_[partition];
        waiting.push_back(row);
        if (waiting.size() == kTogether) Send(partition);
    }
    void Flush() {
        for (std::size_t partition = 0; partition < waiting_.size(); ++partition) Send(partition);
    }

private:
    void Send(std::size_t partition) {
        std::vector<Row>& waiting = waiting_[partition];
        if (waiting.empty()) return;
        rows_.Add(partition, {waiting.front().bytes.data(), waiting.size() * sizeof(Row)});
        waiting.clear();
    }
    ScratchRows& rows_;
    std::vector<std::vector<Row>> waiting_;
};

/// visit(std::span<Row>) for each partition of a range that has rows.
template <class Row, class Visit>
void ForEachPartition(const ScratchRows& rows, std::size_t first, std::size_t end, Visit&& visit) {
    for (std::size_t partition = first; partition < std::min(end, rows.Partitions()); ++partition) {
        auto bytes = rows.Read(partition);
        if (!bytes.empty()) visit(AsRows<Row>(bytes));
    }
}

}  // namespace

bool Finish::Run(const Progress& progress) {
    std::vector<Job> matching, writing;
    writing.emplace_back([this] { WriteHeaders(); });
    for (std::size_t at = 0; at < kPartitions; at += kRange) {
        matching.emplace_back([this, at] { Match(at, at + kRange); });
        writing.emplace_back([this, at] { WriteHistory(at, at + kRange); });
        writing.emplace_back([this, at] { WriteUnspent(at, at + kRange); });
        writing.emplace_back([this, at] { WriteTxNums(at, at + kRange); });
    }
    if (!RunAll(matching, 0, kMatchedAt, progress)) return false;
    // In front, because they are the largest jobs.
    for (std::size_t at = 0; at < rows_.spenders.Partitions(); ++at)
        writing.emplace(writing.begin(), [this, at] { WriteSpenders(at); });
    return RunAll(writing, kMatchedAt, 1, progress);
}

bool Finish::RunAll(const std::vector<Job>& jobs, double from, double to,
                    const Progress& progress) {
    std::atomic<std::size_t> next = 0, done = 0;
    std::atomic<bool> stop = false;
    std::mutex mutex;  // guards failure, progress
    std::exception_ptr failure;
    const auto work = [&] {
        for (std::size_t i; !stop && (i = next++) < jobs.size();) {
            try {
                jobs[i]();
                const std::lock_guard lock(mutex);
                const double part = static_cast<double>(++done) / static_cast<double>(jobs.size());
                if (!progress(from + (to - from) * part)) stop = true;
            } catch (...) {
                const std::lock_guard lock(mutex);
                failure = std::current_exception();
                stop = true;
            }
        }
    };
    {
        std::vector<std::jthread> others;
        for (unsigned i = 1; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
            others.emplace_back(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
    return done == jobs.size();
}

void Finish::Match(std::size_t first, std::size_t end) {
    Scatter<UnspentRow> unspent(rows_.unspent);
    Scatter<UseRow> uses(rows_.uses);
    Scatter<SpenderRow> spenders(rows_.spenders);
    RowSink& h = load_.Into(Table::h);
    struct Ready {
        tables::FixedKey<tables::kHKeySize> key;
        const CreatedRow* row;
    };
    std::vector<Ready> ready;
    for (std::size_t partition = first; partition < end; ++partition) {
        auto created = partition < rows_.created.Partitions() ? rows_.created.Read(partition)
                                                              : std::vector<std::uint8_t>();
        auto spent = partition < rows_.spent.Partitions() ? rows_.spent.Read(partition)
                                                          : std::vector<std::uint8_t>();
        const auto matched = join_.Run(AsRows<CreatedRow>(created), AsRows<SpentRow>(spent));
        for (const auto& [output, spender] : matched.spends) {
            uses.Add(PartitionOf(output.Script().bytes.data()),
                     UseRow::Make(output.Script(), spender));
            spenders.Add(SpenderPartitionOf(output.Num()),
                         SpenderRow::Make(output.Num(), output.Index(), spender));
        }
        ready.clear();
        for (const CreatedRow& row : matched.unspent) {
            // The key's txid prefix is a part of the match key's.
            static_assert(tables::kTxidPrefixSize <= kMatchPrefix);
            ready.push_back({tables::FixedKey<tables::kHKeySize>()
                                 .Raw(row.bytes.data(), tables::kTxidPrefixSize)
                                 .Int<tables::kOutputIndexSize>(row.Index())
                                 .Int<tables::kTxNumSize>(row.Num().value),
                             &row});
            unspent.Add(PartitionOf(row.Script().bytes.data()), UnspentRow::Make(row));
        }
        std::sort(ready.begin(), ready.end(),
                  [](const Ready& a, const Ready& b) { return a.key < b.key; });
        for (const auto& [key, row] : ready) h.Put(key, tables::HValue(row->Script(), row->Value()));
        utxo_count_ += ready.size();
    }
    unspent.Flush();
    uses.Flush();
    spenders.Flush();
}

void Finish::WriteHeaders() {
    RowSink& headers = load_.Into(Table::header);
    const auto bytes = rows_.headers.Partitions() > 0 ? rows_.headers.Read(0)
                                                      : std::vector<std::uint8_t>();
    tables::RowReader in({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    HeaderMerkle tree;
    using NodeKey = decltype(tables::HeaderMerkleKey({}, {}));
    std::vector<std::pair<NodeKey, MerkleNode>> nodes;
    for (Height height; !in.Done(); height = Next(height)) {
        const std::string_view value = in.Raw(in.Int<2>());
        headers.Put(tables::HeaderKey(height), value);
        tree.Append(tables::ReadHeaderRow(value).hash,
                    [&](std::uint32_t level, std::uint32_t index, const MerkleNode& node) {
                        nodes.emplace_back(tables::HeaderMerkleKey(level, index), node);
                    });
    }
    std::sort(nodes.begin(), nodes.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    RowSink& header_merkle = load_.Into(Table::header_merkle);
    for (const auto& [key, node] : nodes)
        header_merkle.Put(
            key, {reinterpret_cast<const char*>(node.bytes.data()), node.bytes.size()});
}

void Finish::WriteTxNums(std::size_t first, std::size_t end) {
    RowSink& sink = load_.Into(Table::txnum);
    ForEachPartition<TxNumRow>(rows_.txnums, first, end, [&](std::span<TxNumRow> rows) {
        std::sort(rows.begin(), rows.end());
        for (const TxNumRow& row : rows) sink.Put(row.Key(), {});
    });
}

void Finish::WriteUnspent(std::size_t first, std::size_t end) {
    RowSink& sink = load_.Into(Table::u);
    ForEachPartition<UnspentRow>(rows_.unspent, first, end, [&](std::span<UnspentRow> rows) {
        std::sort(rows.begin(), rows.end());
        for (const UnspentRow& row : rows)
            sink.Put(tables::UKey(row.Script(), row.Num(), row.Index()),
                     tables::UValue(row.Value()));
    });
}

void Finish::WriteHistory(std::size_t first, std::size_t end) {
    RowSink& sink = load_.Into(Table::history);
    ForEachPartition<UseRow>(rows_.uses, first, end, [&](std::span<UseRow> rows) {
        std::sort(rows.begin(), rows.end());
        PackHistory(
            rows.begin(), rows.end(), [](const UseRow& row) { return row.Use(); },
            [&](std::string_view key, std::string_view value) { sink.Put(key, value); });
    });
}

void Finish::WriteSpenders(std::size_t partition) {
    RowSink& sink = load_.Into(Table::spender);
    ForEachPartition<SpenderRow>(
        rows_.spenders, partition, partition + 1, [&](std::span<SpenderRow> rows) {
            std::sort(rows.begin(), rows.end());
            for (const SpenderRow& row : rows)
                sink.Put(tables::SpenderKey(row.Funder(), row.Index()),
                         tables::SpenderValue(row.Spender()));
        });
}

}  // namespace amber::index::bulk
