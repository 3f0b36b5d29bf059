#pragma once
#include <cstdint>
#include <vector>

#include "index/chain/hash.h"
#include "tests/generator/tx_builder.h"

namespace amber::generator {

constexpr std::uint32_t kCoinbaseMaturity = 100;  // blocks
constexpr std::uint32_t kMaxBlockWeight = 4'000'000;
constexpr std::uint32_t kBlockSpacing = 600;       // seconds
constexpr std::uint64_t kCoinValue = 100'000'000;  // satoshis

/// New coins in a block at `height` on regtest, where the subsidy halves every 150 blocks.
constexpr std::uint64_t Subsidy(std::uint32_t height) {
    return height / 150 < 64 ? (50 * kCoinValue) >> (height / 150) : 0;
}

/// Regtest's genesis block, serialised: what every chain here starts from, at height 0.
Bytes GenesisBlock();

/// The order and timing of regtest blocks: each block built extends the one before, the first one
/// the genesis block. A value: a copy builds a competing branch.
class BlockBuilder {
public:
    /// `first_time`: Unix seconds of the block at height 1.
    explicit BlockBuilder(std::uint32_t first_time);

    /// Height of the block under construction.
    [[nodiscard]] std::uint32_t NextHeight() const { return height_ + 1; }
    [[nodiscard]] const index::BlockHash& Tip() const { return tip_; }

    /// Appends the transaction to the block under construction.
    TxRef Add(const TxBuilder& tx, std::uint64_t fee);
    /// Weight of the block so far, the coinbase not counted.
    [[nodiscard]] std::uint64_t Weight() const { return weight_; }
    [[nodiscard]] std::uint64_t ByteSize() const { return body_.size(); }
    /// Subsidy and fees: what the outputs of the coinbase may claim.
    [[nodiscard]] std::uint64_t Reward() const { return Subsidy(NextHeight()) + fees_; }

    struct Payout {
        std::uint64_t value;
        ScriptSpec script;
    };
    struct Finished {
        Bytes raw;
        Txid coinbase;
        bool has_commitment;  ///< the coinbase's last output, after the payouts
    };
    /// The coinbase pays `payouts`, then commits to the witnesses if the block has any or
    /// `always_commit` says so. `extra` tells apart the coinbases of branches. Finds the proof of
    /// work; the next Add() begins the next block.
    Finished Finish(const std::vector<Payout>& payouts, bool always_commit, std::uint32_t extra);

private:
    [[nodiscard]] index::MerkleNode WitnessCommitment() const;

    std::uint32_t height_ = 0, time_;
    index::BlockHash tip_;
    Bytes body_;  ///< transactions after the coinbase
    std::vector<TxRef> txs_;
    std::uint64_t weight_ = 0, fees_ = 0;
    bool has_witness_ = false;
};

}  // namespace amber::generator
