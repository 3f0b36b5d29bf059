// The parser against real blocks: every one must hash to what its header claims.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <iostream>

#include "index/chain/codec_bitcoin.h"
#include "index/chain/hex.h"
#include "index/chain/merkle.h"
#include "tests/support/block_file.h"

namespace amber::index {
namespace {

const BitcoinCodec kCodec;

MerkleNode RootOf(const Block& block) {
    std::vector<MerkleNode> leaves;
    for (const Block::Tx& tx : block.txs) leaves.push_back(HashCast<MerkleNode>(tx.txid));
    return ComputeMerkleRoot(std::move(leaves));
}

/// Everything a block promises about itself.
void ExpectSound(const Block& block) {
    EXPECT_EQ(RootOf(block), block.merkle_root);
    EXPECT_TRUE(block.inputs.at(0).IsCoinbase());
    for (const Block::Tx& tx : block.txs) {
        const auto lone = kCodec.ParseTransaction(block.RawTx(tx));
        if (!lone) continue;  // of a coin with more money than Bitcoin
        EXPECT_EQ(lone->txid, tx.txid);
        ASSERT_EQ(lone->outputs.size(), tx.output_count);
        for (std::size_t i = 0; i < tx.output_count; ++i) {
            EXPECT_EQ(ToHashX(lone->outputs[i].script_hash),
                      block.outputs[tx.first_output + i].hash_x);
        }
    }
}

TEST(ChainData, EveryBitcoinBlockHashesToItsMerkleRoot) {
    AMBER_NEEDS_CHAIN_DATA();
    const auto files = test::ChainDataFiles("blocks", R"(btc-\w+-\d+\.xz)");
    EXPECT_GE(files.size(), 16u);
    for (const auto& file : files) {
        const auto block = kCodec.ParseBlock(test::ReadFile(file));
        ASSERT_TRUE(block) << file << ": " << block.error().what;
        SCOPED_TRACE(file);
        ExpectSound(*block);
    }
}

/// Parses all blocks of a file; checks each, and that each follows the one before where it should.
std::size_t WalkFile(const std::filesystem::path& path, const Codec& codec, bool one_chain) {
    SCOPED_TRACE(path);
    test::BlockFile file(path);
    Bytes raw;
    BlockHash tip;
    std::size_t count = 0;
    for (; file.Next(raw); ++count) {
        const auto block = codec.ParseBlock(raw);
        if (!block) {
            ADD_FAILURE() << "block " << count << ": " << block.error().what;
            break;
        }
        ExpectSound(*block);
        if (count > 0 && one_chain) {
            EXPECT_EQ(block->previous, tip) << "block " << count;
        }
        tip = block->hash;
    }
    return count;
}

TEST(ChainData, BitcoinChainsFromGenesisBeginWithIt) {
    AMBER_NEEDS_CHAIN_DATA();
    const std::pair<const char*, const char*> files[] = {{"mainnet", "btc-mainnet-0-4312.dat.xz"},
                                                         {"regtest", "btc-regtest-0-150.dat.xz"},
                                                         {"signet", "btc-signet-0-120.dat.xz"}};
    for (const auto& [network, name] : files) {
        const Coin* coin = FindCoin("bitcoin", network);
        test::BlockFile file(*test::ChainDataDir() / "contiguous" / name);
        Bytes raw;
        ASSERT_TRUE(file.Next(raw));
        EXPECT_TRUE(std::equal(file.Magic().begin(), file.Magic().end(), coin->magic)) << name;
        EXPECT_EQ(coin->codec->ParseBlock(raw).value().hash, coin->genesis) << name;
    }
}

TEST(ChainData, EveryBitcoinChainParses) {
    AMBER_NEEDS_CHAIN_DATA();
    std::size_t blocks = 0;
    for (const auto& path : test::ChainDataFiles("contiguous", R"(btc-.*\.dat\.xz)")) {
        blocks += WalkFile(path, kCodec, true);
    }
    for (const auto& path : test::ChainDataFiles("reorg", R"((btc|bsv)-.*\.dat(\.xz)?)")) {
        blocks += WalkFile(path, kCodec, path.string().find("btcd") == std::string::npos);
    }
    EXPECT_GT(blocks, 5000u);
    std::cout << blocks << " blocks\n";
}

TEST(ChainData, CoinsOfTheSameGrammarParseWithTheirOwnRules) {
    AMBER_NEEDS_CHAIN_DATA();
    BitcoinRules rules;
    rules.money_max = 10'000'000'000LL * 100'000'000;  // Dogecoin
    const BitcoinCodec codec(rules);
    for (const auto& path : test::ChainDataFiles("contiguous", R"((bch|ltc|doge)-.*\.dat\.xz)")) {
        EXPECT_GT(WalkFile(path, codec, true), 100u);
    }
}

TEST(ChainData, TheMegabyteTransaction) {
    AMBER_NEEDS_CHAIN_DATA();
    const Bytes raw = test::ReadFile(*test::ChainDataDir() / "vectors" / "btcd-megatx.bin.xz");
    const auto tx = kCodec.ParseTransaction(raw);
    ASSERT_TRUE(tx) << tx.error().what;
    EXPECT_EQ(ToDisplayHex(tx->txid),
              "bb41a757f405890fb0f5856228e23b715702d714d59bf2b1feb70d8b2b4e3e08");
    EXPECT_EQ(tx->size, raw.size());
    EXPECT_EQ(tx->vsize, raw.size()) << "no witness";
    EXPECT_EQ(tx->inputs.size(), 5569u);
    EXPECT_EQ(tx->outputs.size(), 1u);
}

/// Rows are [[inputs...], "hex", "flags"]; others are comments.
std::vector<Bytes> CoreTransactions(const std::string& name) {
    const Bytes file = test::ReadFile(*test::ChainDataDir() / "vectors" / name);
    const auto json = boost::json::parse({reinterpret_cast<const char*>(file.data()), file.size()});
    std::vector<Bytes> txs;
    for (const auto& row : json.as_array()) {
        if (row.as_array().size() < 3) continue;
        txs.push_back(FromHex(std::string_view(row.at(1).as_string())).value());
    }
    return txs;
}

TEST(ChainData, CoreCallsTheseTransactionsValid) {
    AMBER_NEEDS_CHAIN_DATA();
    const auto txs = CoreTransactions("core-tx_valid.json.xz");
    EXPECT_GT(txs.size(), 80u);
    for (const Bytes& raw : txs) {
        const auto tx = kCodec.ParseTransaction(raw);
        ASSERT_TRUE(tx) << tx.error().what << " in " << ToHex(raw);
        EXPECT_EQ(tx->size, raw.size());
        EXPECT_LE(tx->vsize, tx->size);
    }
}

TEST(ChainData, OfTheInvalidTransactionsOnlyBadGrammarIsRefused) {
    AMBER_NEEDS_CHAIN_DATA();
    std::size_t refused = 0, parsed = 0;
    for (const Bytes& raw : CoreTransactions("core-tx_invalid.json.xz")) {
        const auto tx = kCodec.ParseTransaction(raw);
        tx ? ++parsed : ++refused;
    }
    EXPECT_GE(refused, 2u) << "no inputs, values out of range";
    EXPECT_GT(parsed, 60u) << "scripts and rules of spending are no business of the parser";
}

}  // namespace
}  // namespace amber::index
