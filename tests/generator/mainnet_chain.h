#pragma once
#include <vector>

#include "tests/generator/block_builder.h"
#include "tests/generator/chain_generator.h"
#include "tests/generator/random.h"

namespace amber::generator {

struct MainnetOptions {
    std::uint64_t bytes = 1'170'000'000;  ///< of blocks, approximately
    std::uint64_t seed = 1;
    std::uint32_t first_time = 1'700'000'000;  ///< Unix seconds of block 1
};

/// A chain shaped like recent mainnet: blocks of about 1.06 MB and 2,200 transactions, 490 bytes,
/// 2.4 inputs and 4.1 outputs a transaction. Half of the inputs spend outputs of the last 1,000
/// transactions, the age of the others is log-uniform. Scripts are new, reused, or belong to a
/// few services with a heavy tail. Keeps about 25 bytes per output in memory (250 MB per GB).
class MainnetChain : public ChainGenerator {
public:
    explicit MainnetChain(const MainnetOptions& options);

    std::optional<Bytes> Next() override;
    [[nodiscard]] const ChainTotals& Totals() const override { return totals_; }
    [[nodiscard]] const ChainLandmarks& Landmarks() const override { return landmarks_; }
    [[nodiscard]] const index::BlockHash& Tip() const override { return blocks_.Tip(); }

    /// How many blocks there will be, coinbase-only blocks at the start included.
    static std::uint32_t BlockCount(std::uint64_t bytes);

private:
    struct Output {
        std::uint64_t value;
        std::uint32_t script_id;
        bool spendable;  ///< and not spent
    };

    void AddTransaction();
    /// Spends one output of an earlier transaction, if a few tries find one.
    bool SpendOne(std::vector<std::uint32_t>& spent);
    void Record(const Txid& txid);
    std::uint32_t PickScript();

    MainnetOptions options_;
    std::uint32_t block_count_;
    Random random_;
    BlockBuilder blocks_;
    ChainTotals totals_;
    ChainLandmarks landmarks_;

    // Every transaction but coinbases younger than the maturity, by number.
    std::vector<Txid> txids_;
    std::vector<std::uint32_t> first_output_;  ///< of each transaction, and one past the last
    std::vector<Output> outputs_;
    std::uint64_t unspent_ = 0;  ///< spendable outputs
    std::uint32_t next_script_id_;

    std::vector<std::pair<Txid, BlockBuilder::Payout>> coinbases_;  ///< by height - 1
    TxBuilder tx_;
    std::vector<Output> new_outputs_;
};

}  // namespace amber::generator
