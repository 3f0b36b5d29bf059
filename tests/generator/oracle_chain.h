#pragma once
#include <deque>

#include "tests/generator/block_builder.h"
#include "tests/generator/chain_generator.h"
#include "tests/generator/random.h"

namespace amber::generator {

struct OracleOptions {
    std::uint32_t blocks = 1'000;
    std::uint64_t txs = 100'000;  ///< coinbases included; approximately
    std::uint64_t seed = 1;
    std::uint32_t first_time = 1'700'000'000;  ///< Unix seconds of block 1
    unsigned prefix_bytes = 5;  ///< of txids that pairs of transactions share; 0: no such pairs
};

/// A chain with all that an index can trip over: every kind of script, spends within a block,
/// long dependent chains, wide transactions, hot scripts, txids that begin alike, data outputs.
/// A value: a copy, told to Branch(), goes on from here as a competing branch.
class OracleChain : public ChainGenerator {
public:
    explicit OracleChain(const OracleOptions& options);

    std::optional<Bytes> Next() override;
    [[nodiscard]] const ChainTotals& Totals() const override { return totals_; }
    [[nodiscard]] const ChainLandmarks& Landmarks() const override { return landmarks_; }
    [[nodiscard]] const index::BlockHash& Tip() const override { return blocks_.Tip(); }

    /// From the next block on, everything differs from a copy with another seed. The chain now
    /// ends at height `blocks`.
    void Branch(std::uint64_t seed, std::uint32_t blocks);

private:
    /// A transaction ready to be put into the block at `height`.
    struct Twin {
        std::uint32_t height = 0;
        Coin coin;
        TxBuilder tx;
        std::vector<BlockBuilder::Payout> outputs;
    };

    // Parts of a block.
    void AddScenes(std::uint32_t height);
    void AddOrdinary();
    void AddFanOut(std::uint32_t outputs, const ScriptSpec* script);
    void AddConsolidation(std::uint32_t inputs);
    void AddDependentChain(std::uint32_t length);
    void AddEveryKind();
    void AddSelfPayment();
    void AddZeroValues();
    void AddPrefixTwins(std::uint32_t height);
    void AddDueTwins(std::uint32_t height);
    Bytes FinishBlock(std::uint32_t height);

    // The transaction under construction.
    void Spend(const Coin& coin);
    void SpendSome(std::uint32_t count);
    void Pay(std::uint64_t value, const ScriptSpec& script);
    /// Splits what was spent over `scripts`; the last takes the rest.
    void PayAll(const std::vector<ScriptSpec>& scripts);
    /// Adds it to the block. Its outputs go to the pool, but for the first `held`: the caller
    /// spends those.
    Txid Commit(std::uint32_t held = 0);
    /// Counts outputs and puts the spendable ones from `first_free` on into `pool`.
    void Account(const Txid& txid, const std::vector<BlockBuilder::Payout>& outputs,
                 std::uint32_t first_free, std::vector<Coin>& pool);

    Coin TakeCoin();
    ScriptSpec NewScript(ScriptKind kind);
    ScriptSpec AnyScript();

    OracleOptions options_;
    Random random_;
    std::uint32_t branch_ = 0;
    BlockBuilder blocks_;
    ChainTotals totals_;
    ChainLandmarks landmarks_;

    ScriptSpec hot_receiver_, hot_service_;
    std::vector<ScriptSpec> scripts_;  ///< used so far, by first use
    std::uint32_t next_script_id_ = 1;
    std::vector<Coin> pool_;                                            ///< ready to be spent
    std::vector<Coin> service_pool_;                                    ///< those of hot_service_
    std::deque<std::pair<std::uint32_t, std::vector<Coin>>> maturing_;  ///< by ready height
    std::vector<Twin> twins_;
    std::vector<std::pair<std::uint32_t, Coin>> twin_coins_;  ///< by the height that spends them

    TxBuilder tx_;
    std::vector<BlockBuilder::Payout> payouts_;
    std::uint64_t in_value_ = 0;
    std::uint32_t input_count_ = 0;
};

}  // namespace amber::generator
