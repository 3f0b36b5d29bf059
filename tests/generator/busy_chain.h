#pragma once
#include "tests/generator/block_builder.h"
#include "tests/generator/chain_generator.h"

namespace amber::generator {

struct BusyOptions {
    std::uint32_t txs = 1'000'000;             ///< of the script
    std::uint32_t first_time = 1'700'000'000;  ///< Unix seconds of block 1
};

/// A chain in which one script has nearly all transactions: each spends the output of the one
/// before and pays back to it. It has one unspent output at any time. Keeps nothing in memory.
class BusyChain : public ChainGenerator {
public:
    explicit BusyChain(const BusyOptions& options);

    std::optional<Bytes> Next() override;
    [[nodiscard]] const ChainTotals& Totals() const override { return totals_; }
    [[nodiscard]] const ChainLandmarks& Landmarks() const override { return landmarks_; }
    [[nodiscard]] const index::BlockHash& Tip() const override { return blocks_.Tip(); }

    /// How many blocks there will be.
    static std::uint32_t BlockCount(std::uint32_t txs);

private:
    void AddTransaction();

    std::uint32_t left_;  ///< transactions of the script to come
    BlockBuilder blocks_;
    ChainTotals totals_;
    ChainLandmarks landmarks_;
    Coin coin_;  ///< what the next transaction spends
    TxBuilder tx_;
};

}  // namespace amber::generator
