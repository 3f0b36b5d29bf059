// That a real node takes these chains is shown by tests/functional/test_sync.py; here: that they
// hold what they promise, by a reader that shares no code with the generator.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "index/chain/coin.h"
#include "index/chain/merkle.h"
#include "index/chain/sha256.h"
#include "tests/generator/block_builder.h"
#include "tests/generator/busy_chain.h"
#include "tests/generator/mainnet_chain.h"
#include "tests/generator/oracle_chain.h"

namespace amber::generator {
namespace {

std::vector<Bytes> AllBlocks(ChainGenerator& chain) {
    std::vector<Bytes> blocks;
    while (auto block = chain.Next()) blocks.push_back(std::move(*block));
    return blocks;
}

index::Block Parse(const Bytes& raw) {
    static const auto* coin = index::FindCoin("bitcoin", "regtest");
    return coin->codec->ParseBlock(raw).value();
}

/// Follows spends by brute force and compares with what the generator counted.
class Ledger {
public:
    void Connect(const index::Block& block) {
        EXPECT_EQ(block.previous, tip_);
        std::vector<index::MerkleNode> leaves;
        for (const auto& tx : block.txs)
            leaves.push_back(index::HashCast<index::MerkleNode>(tx.txid));
        EXPECT_EQ(index::ComputeMerkleRoot(std::move(leaves)), block.merkle_root);
        for (const auto& tx : block.txs) Apply(block, tx);
        tip_ = block.hash;
        ++height_;
        size_ += block.raw.size();
    }

    void Compare(const ChainTotals& totals) const {
        EXPECT_EQ(totals.blocks, height_);
        EXPECT_EQ(totals.txs, txids_.size());
        EXPECT_EQ(totals.inputs, inputs_);
        EXPECT_EQ(totals.outputs, outputs_);
        EXPECT_EQ(totals.bytes, size_);
        // `unspent` counts the outputs that begin 00 6a, which the parser calls not indexed.
        EXPECT_EQ(totals.unspent.count - totals.false_data.count, unspent_.size());
        std::uint64_t amount = 0;
        for (const auto& [point, value] : unspent_) amount += static_cast<std::uint64_t>(value);
        EXPECT_EQ(totals.unspent.amount - totals.false_data.amount, amount);
    }

    [[nodiscard]] const std::set<Txid>& Txids() const { return txids_; }
    std::uint32_t most_inputs = 0, most_outputs = 0, same_block_spends = 0;

private:
    void Apply(const index::Block& block, const index::Block::Tx& tx) {
        EXPECT_TRUE(txids_.insert(tx.txid).second) << "txid twice";
        for (auto i = tx.first_input; i < tx.first_input + tx.input_count; ++i) {
            const auto& point = block.inputs[i];
            if (point.IsCoinbase()) continue;
            ++inputs_;
            EXPECT_EQ(unspent_.erase(point), 1u) << "spends what is not there";
            same_block_spends += made_in_[point.txid] == height_;
        }
        for (std::uint32_t i = 0; i < tx.output_count; ++i) {
            const auto& output = block.outputs[tx.first_output + i];
            if (output.indexed) unspent_[{tx.txid, i}] = output.value;
        }
        made_in_[tx.txid] = height_;
        outputs_ += tx.output_count;
        most_inputs = std::max(most_inputs, tx.input_count);
        most_outputs = std::max(most_outputs, tx.output_count);
    }

    index::BlockHash tip_ = Parse(GenesisBlock()).hash;
    std::uint64_t height_ = 0, inputs_ = 0, outputs_ = 0, size_ = 0;
    std::map<index::OutPoint, index::Amount> unspent_;
    std::map<Txid, std::uint64_t> made_in_;
    std::set<Txid> txids_;
};

TEST(GenesisBlock, IsRegtests) {
    EXPECT_EQ(Parse(GenesisBlock()).hash, index::FindCoin("bitcoin", "regtest")->genesis);
}

TEST(OracleChain, CountsWhatItBuilds) {
    OracleChain chain({.blocks = 320, .txs = 12'000, .seed = 3, .prefix_bytes = 3});
    Ledger ledger;
    for (const auto& raw : AllBlocks(chain)) ledger.Connect(Parse(raw));
    ledger.Compare(chain.Totals());
    EXPECT_NEAR(static_cast<double>(chain.Totals().txs), 12'000, 200);
    EXPECT_GE(ledger.most_outputs, 3'000u);
    EXPECT_GE(ledger.most_inputs, 2'000u);
    EXPECT_GT(ledger.same_block_spends, 1'000u);
    EXPECT_GT(chain.Totals().oversized.count, 0u);
    EXPECT_GT(chain.Totals().false_data.count, 0u);
}

TEST(BusyChain, OneScriptHasItAll) {
    BusyChain chain({.txs = 11'000});
    Ledger ledger;
    Bytes script;
    AppendScript(chain.Landmarks().hot_scripts.at(0), script);
    std::size_t uses = 0;
    for (const auto& raw : AllBlocks(chain)) {
        const auto block = Parse(raw);
        ledger.Connect(block);
        const auto name = index::ToHashX(index::Sha256As<index::ScriptHash>(script));
        for (const auto& output : block.outputs) uses += output.hash_x == name;
    }
    ledger.Compare(chain.Totals());
    EXPECT_EQ(uses, 11'000u);
    EXPECT_EQ(chain.Totals().blocks, BusyChain::BlockCount(11'000));
}

TEST(OracleChain, TwinsShareTheirPrefix) {
    OracleChain chain({.blocks = 320, .txs = 5'000, .seed = 4, .prefix_bytes = 4});
    Ledger ledger;
    for (const auto& raw : AllBlocks(chain)) ledger.Connect(Parse(raw));
    const auto& twins = chain.Landmarks().prefix_twins;
    ASSERT_EQ(twins.size(), 12u);
    for (const auto& [first, second] : twins) {
        EXPECT_NE(first, second);
        EXPECT_TRUE(std::equal(first.bytes.begin(), first.bytes.begin() + 4, second.bytes.begin()));
        EXPECT_TRUE(ledger.Txids().contains(first));
        EXPECT_TRUE(ledger.Txids().contains(second));
    }
}

TEST(OracleChain, IsTheSameFromTheSameSeed) {
    OracleChain a({.blocks = 150, .txs = 3'000, .seed = 5, .prefix_bytes = 3});
    OracleChain b({.blocks = 150, .txs = 3'000, .seed = 5, .prefix_bytes = 3});
    OracleChain other({.blocks = 150, .txs = 3'000, .seed = 6, .prefix_bytes = 3});
    const auto blocks = AllBlocks(a);
    EXPECT_EQ(blocks, AllBlocks(b));
    EXPECT_NE(blocks, AllBlocks(other));
}

TEST(OracleChain, BranchesFromACopy) {
    OracleChain chain({.blocks = 130, .txs = 3'000, .seed = 7, .prefix_bytes = 0});
    Ledger common;
    for (int i = 0; i < 120; ++i) common.Connect(Parse(*chain.Next()));
    OracleChain branch = chain;
    branch.Branch(8, 135);
    Ledger second = common;
    const auto on_chain = AllBlocks(chain), on_branch = AllBlocks(branch);
    ASSERT_EQ(on_chain.size(), 10u);
    ASSERT_EQ(on_branch.size(), 15u);
    for (const auto& raw : on_chain) common.Connect(Parse(raw));
    for (const auto& raw : on_branch) second.Connect(Parse(raw));
    common.Compare(chain.Totals());
    second.Compare(branch.Totals());
    EXPECT_NE(on_chain.front(), on_branch.front());
}

TEST(MainnetChain, HasMainnetsShape) {
    MainnetChain chain({.bytes = 40'000'000});
    Ledger ledger;
    const auto blocks = AllBlocks(chain);
    for (const auto& raw : blocks) ledger.Connect(Parse(raw));
    ledger.Compare(chain.Totals());
    const auto& totals = chain.Totals();
    EXPECT_EQ(blocks.size(), MainnetChain::BlockCount(40'000'000));
    EXPECT_NEAR(static_cast<double>(totals.bytes), 40e6, 2e6);
    const auto per_tx = [&](std::uint64_t n) {
        return static_cast<double>(n) / static_cast<double>(totals.txs);
    };
    EXPECT_NEAR(per_tx(totals.bytes), 490, 60);
    EXPECT_NEAR(per_tx(totals.inputs), 2.35, 0.3);
    EXPECT_NEAR(per_tx(totals.outputs), 4.3, 0.8);
}

}  // namespace
}  // namespace amber::generator
