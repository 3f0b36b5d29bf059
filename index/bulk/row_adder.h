#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/bulk/scatter.h"
#include "index/bulk/scattered.h"
#include "index/chain/block.h"
#include "index/utxo_cache.h"

namespace amber::index::bulk {

/// Takes blocks apart into scattered rows, so far as they belong to txids with certain leading
/// bits: there are several adders, and each has its share. Outputs that are spent young are matched
/// in memory, in its window. Thread: one each, at the same time; they share `rows`.
/// Errors: StoreError.
class RowAdder {
public:
    /// Number `share` of 1 << share_bits. All borrowed; the txids as UtxoCache's, with those of
    /// the block that is added.
    RowAdder(Scattered& rows, const UtxoCache::Txids& txids, const TxNum& first_num,
             std::size_t share, unsigned share_bits);
    RowAdder(const RowAdder&) = delete;

    /// The block's first transaction is number `first`. Without `outpoints` neither outputs nor
    /// inputs.
    void Add(const Block& block, TxNum first, bool outpoints);

    /// Outputs out of memory, and all rows to where they belong.
    void Spill();

    /// What Add() took of processors.
    [[nodiscard]] std::chrono::nanoseconds Cpu() const { return cpu_; }
    [[nodiscard]] UtxoCache& Window() { return window_; }
    [[nodiscard]] const UtxoCache& Window() const { return window_; }

private:
    struct Input {
        std::uint32_t input, tx;  ///< places in the block
    };

    [[nodiscard]] bool IsMine(const Txid& txid) const {
        return std::size_t{txid.bytes[0]} >> (8 - share_bits_) == share_;
    }
    void FindMine(const Block& block);
    void AddTransactions(const Block& block, TxNum first);
    void AddOutpoints(const Block& block, TxNum first);
    void AddOutputs(const Block& block, std::uint32_t tx, TxNum num);
    void Spend(const OutPoint& outpoint, TxNum num);
    void AddUse(const HashX& hash_x, TxNum num);

    Scattered& rows_;
    const std::size_t share_;
    const unsigned share_bits_;
    UtxoCache window_;
    std::chrono::nanoseconds cpu_{0};
    // Those of one script or funder come from all shares.
    Scatter<UseRow> uses_{rows_.uses};
    Scatter<SpenderRow> spenders_{rows_.spenders};
    // Of the block: listed first, as the processor cannot guess which are ours.
    std::vector<std::uint32_t> my_txs_;
    std::vector<Input> my_inputs_;
};

}  // namespace amber::index::bulk
