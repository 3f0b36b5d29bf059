#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "index/bulk/scratch_row.h"

namespace amber::index::bulk {

/// Matches the outputs of one partition with what spends them.
class OutpointJoin {
public:
    /// The txid of a transaction: asked for only where two outpoints look alike.
    using TxidOf = std::function<Txid(TxNum)>;

    explicit OutpointJoin(TxidOf txid_of) : txid_of_(std::move(txid_of)) {}

    struct Spend {
        const CreatedRow* output;
        TxNum spender;
    };
    struct Result {
        std::vector<const CreatedRow*> unspent;  ///< in the order of their match keys
        std::vector<Spend> spends;
    };
    /// Of rows that are sorted; the result refers to them, and takes the place of what it held.
    /// Throws FatalError if an input spends what there is not.
    void Run(std::span<const CreatedRow> created, std::span<const SpentRow> spent,
             Result& result) const;

private:
    /// All rows have one match key.
    void MatchAlike(std::span<const CreatedRow> created, std::span<const SpentRow> spent,
                    Result& result) const;

    const TxidOf txid_of_;
};

}  // namespace amber::index::bulk
