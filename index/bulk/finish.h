#pragma once
#include <atomic>
#include <cstdint>
#include <functional>

#include "index/bulk/outpoint_join.h"
#include "index/bulk/scattered.h"
#include "index/store/bulk_load.h"

namespace amber::index::bulk {

/// From scattered rows to sorted files: first outputs and spends are matched, then each table is
/// written in key order, many ranges of keys at a time. One thread per processor.
/// Memory: per thread about three times the rows of one partition. Errors: as OutpointJoin's,
/// StoreError.
class Finish {
public:
    /// Hears the part done, 0 to 1; false: stop.
    using Progress = std::function<bool(double)>;

    /// All borrowed.
    Finish(Scattered& rows, store::BulkLoad& load, OutpointJoin::TxidOf txid_of)
        : rows_(rows), load_(load), join_(std::move(txid_of)) {}

    /// Everything but Table::meta. False if it was stopped: the load is of no use then, nor are the
    /// rows before they are restored.
    [[nodiscard]] bool Run(const Progress& progress);
    /// Rows of `u`. Precondition: Run() was true.
    [[nodiscard]] std::uint64_t UtxoCount() const { return utxo_count_; }

private:
    using Job = std::function<void()>;
    bool RunAll(const std::vector<Job>& jobs, double from, double to, const Progress& progress);
    void Match(std::size_t first, std::size_t end);
    void WriteHeaders();
    void WriteTxNums(std::size_t first, std::size_t end);
    void WriteUnspent(std::size_t first, std::size_t end);
    void WriteHistory(std::size_t first, std::size_t end);
    void WriteSpenders(std::size_t partition);

    Scattered& rows_;
    store::BulkLoad& load_;
    const OutpointJoin join_;
    std::atomic<std::uint64_t> utxo_count_ = 0;
};

}  // namespace amber::index::bulk
