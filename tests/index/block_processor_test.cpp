// Blocks that are odd, invalid or contrived to collide.
#include "index/block_processor.h"

#include <gtest/gtest.h>

#include "tests/generator/prefix_collider.h"
#include "tests/index/block_maker.h"
#include "tests/index/expect_model.h"

namespace amber::index {
namespace {

using Undo = BlockProcessor::Undo;

/// Connects, and flushes where `flush` says so; the message of a FatalError, or nothing.
std::string Refusal(BlockProcessor& processor, const Block& block, bool flush = false) {
    try {
        processor.Connect(block, Undo::keep);
        if (flush) processor.Flush();
    } catch (const FatalError& error) {
        return error.what();
    }
    return {};
}

struct BlockProcessorTest : testing::Test {
    void ConnectAll(bool flush) {
        for (auto h = index->processor.NextHeight().value; h < chain.blocks.size(); ++h) {
            index->processor.Connect(*chain.blocks[h], Undo::keep);
            if (flush) index->processor.Flush();
        }
        index->processor.Flush();
    }
    void Open(std::uint32_t reorg_limit = OpenIndex::kReorgLimit) {
        index.reset();
        index = std::make_unique<OpenIndex>(Regtest(), folder.Path(), reorg_limit);
    }
    /// Expects that the block is refused with `text`, and that the database stays as it was.
    void ExpectRefused(const Block& block, const std::string& text, bool flush = false) {
        const auto before = DumpTables(index->store);
        EXPECT_NE(Refusal(index->processor, block, flush).find(text), std::string::npos) << text;
        Open();
        EXPECT_TRUE(DumpTables(index->store) == before);
    }
    void ExpectChain() {
        ExpectModel(NaiveModel(chain.blocks), *index);
        EXPECT_EQ(DigestOf(index->store), DigestOf(Regtest(), chain.blocks));
    }
    /// Takes the newest `count` blocks back and compares with an index that never had them.
    void ExpectUndone(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(index->processor.Disconnect());
        chain.blocks.resize(chain.blocks.size() - count);
        ExpectChain();
    }

    TempFolder folder;
    std::unique_ptr<OpenIndex> index =
        std::make_unique<OpenIndex>(Regtest(), folder.Path(), OpenIndex::kReorgLimit);
    HandMadeChain chain;
};

TEST_F(BlockProcessorTest, SpendsThatAreLookedUpByManyThreads) {
    constexpr std::uint32_t kOutputs = 1000;
    std::vector<RawTx::Output> outputs;
    for (std::uint32_t i = 0; i < kOutputs; ++i) outputs.push_back(Pay(i % 300, 1000 + i));
    chain.Add();
    const RawTx wide = Spend({chain.CoinbaseOf(1)}, outputs);
    chain.Add({wide});
    ConnectAll(true);
    std::vector<RawTx> spends;
    for (std::uint32_t i = 0; i + 3 < kOutputs; i += 4)
        spends.push_back(Spend({OutputOf(wide, i), OutputOf(wide, i + 2), OutputOf(wide, i + 3)},
                               {Pay(i % 7, 1)}));
    // One more, within the block.
    spends.push_back(Spend({OutputOf(spends.front())}, {Pay(8, 1)}));
    chain.Add(spends);
    ConnectAll(true);
    ExpectChain();
    ExpectUndone(1);
}

TEST_F(BlockProcessorTest, UnknownOutpointIsNamedAndNothingIsWritten) {
    chain.Add();
    ConnectAll(true);
    Txid unknown;
    unknown.bytes.fill(0xab);
    const auto block =
        chain.Add({Spend({chain.CoinbaseOf(1)}, {Pay(1, 5)}), Spend({{unknown, 7}}, {Pay(2, 5)})});
    ExpectRefused(*block, "spends output 7 of " + std::string(ToDisplayHex(unknown)));
}

TEST_F(BlockProcessorTest, UnknownOutputOfAKnownTransactionIsRefused) {
    chain.Add();
    ConnectAll(true);
    const OutPoint wrong{chain.CoinbaseOf(1).txid, 1};
    ExpectRefused(*chain.Add({Spend({wrong}, {Pay(1, 5)})}), "spends output 1 of ");
}

TEST_F(BlockProcessorTest, IndexBeyondThreeBytesIsNotTakenForAnother) {
    chain.Add();
    ConnectAll(true);
    const OutPoint wrong{chain.CoinbaseOf(1).txid, 1u << 24};
    ExpectRefused(*chain.Add({Spend({wrong}, {Pay(1, 5)})}), "spends output 16777216 of ");
}

TEST_F(BlockProcessorTest, GenesisCoinbaseCannotBeSpent) {
    ConnectAll(true);
    EXPECT_EQ(index->processor.UtxoCount(), 0u);
    ExpectRefused(*chain.Add({Spend({chain.CoinbaseOf(0)}, {Pay(1, 5)})}), "spends output 0 of ");
}

TEST_F(BlockProcessorTest, DataOutputCannotBeSpent) {
    RawTx data = Coinbase(1, {Pay(1, 5), {0, {0x6a, 0x01, 0x02}}, {0, {0x00, 0x6a}}});
    chain.AddWhole({data});
    ConnectAll(true);
    EXPECT_EQ(index->processor.UtxoCount(), 1u);
    ExpectRefused(*chain.Add({Spend({OutputOf(data, 2)}, {Pay(1, 5)})}), "spends output 2 of ");
}

TEST_F(BlockProcessorTest, SpendingTwiceIsRefused) {
    chain.Add();
    ConnectAll(true);
    const auto twice = [&](std::uint32_t salt) {
        return Spend({chain.CoinbaseOf(1)}, {Pay(1, 5)}, salt);
    };
    // An output of the database: noticed when the block is written.
    const auto fork = chain;
    ExpectRefused(*chain.Add({twice(1), twice(2)}), "spent twice", true);
    // An output that was never written.
    chain = fork;
    const RawTx parent = Spend({chain.CoinbaseOf(1)}, {Pay(1, 5)});
    const auto child = [&](std::uint32_t salt) {
        return Spend({OutputOf(parent)}, {Pay(2, 5)}, salt);
    };
    ExpectRefused(*chain.Add({parent, child(1), child(2)}), "spends output 0 of ");
    // In the next block.
    chain = fork;
    chain.Add({twice(1)});
    ConnectAll(true);
    ExpectRefused(*chain.Add({twice(2)}), "spends output 0 of ");
}

TEST_F(BlockProcessorTest, ForeignGenesisIsRefused) {
    ExpectRefused(*MakeBlock(BlockHash{}, {Coinbase(1, {Pay(1, 1)})}), "--network");
}

TEST_F(BlockProcessorTest, ChainWithinABlock) {
    chain.Add();
    const RawTx a = Spend({chain.CoinbaseOf(1)}, {Pay(1, 10), Pay(2, 20)});
    const RawTx b = Spend({OutputOf(a)}, {Pay(1, 10)});
    const RawTx c = Spend({OutputOf(b), OutputOf(a, 1)}, {Pay(3, 30)});
    chain.Add({a, b, c});
    ConnectAll(true);
    ExpectChain();
    ExpectUndone(1);
}

TEST_F(BlockProcessorTest, ChildBeforeParent) {
    chain.Add();
    const RawTx a = Spend({chain.CoinbaseOf(1)}, {Pay(1, 10)});
    const RawTx b = Spend({OutputOf(a)}, {Pay(1, 10)});
    const RawTx c = Spend({OutputOf(b)}, {Pay(3, 30)});
    chain.Add({c, b, a});
    ConnectAll(true);
    ExpectChain();
    ExpectUndone(1);
}

// Before BIP30 a coinbase could repeat an older one; mainnet has two pairs.
TEST_F(BlockProcessorTest, RepeatedCoinbaseReplacesTheOlderOutput) {
    for (const bool flush : {true, false}) {
        SCOPED_TRACE(flush);
        chain = {};
        const TempFolder fresh;
        index.reset();
        index = std::make_unique<OpenIndex>(Regtest(), fresh.Path());
        const RawTx coinbase = Coinbase(1, {Pay(1, 10), Pay(2, 20)});
        chain.AddWhole({coinbase}, 1);
        chain.Add();
        chain.AddWhole({coinbase}, 2);
        ConnectAll(flush);
        ExpectChain();
        EXPECT_EQ(index->processor.UtxoCount(), 3u);
        // The younger one is spent by its height, and back again.
        chain.Add({Spend({OutputOf(coinbase, 1)}, {Pay(3, 20)})});
        ConnectAll(flush);
        ExpectChain();
        ExpectUndone(1);
        ExpectUndone(1);
        EXPECT_EQ(index->processor.UtxoCount(), 3u) << "the older output is back";
        index.reset();
    }
}

TEST_F(BlockProcessorTest, RepeatedCoinbaseAfterTheOlderOneWasSpent) {
    for (const bool flush : {true, false}) {
        SCOPED_TRACE(flush);
        chain = {};
        const TempFolder fresh;
        index.reset();
        index = std::make_unique<OpenIndex>(Regtest(), fresh.Path());
        const RawTx coinbase = Coinbase(1, {Pay(1, 10)});
        chain.AddWhole({coinbase}, 1);
        ConnectAll(true);
        chain.Add({Spend({OutputOf(coinbase)}, {Pay(2, 10)})});
        chain.AddWhole({coinbase}, 2);
        ConnectAll(flush);
        ExpectChain();
        ExpectUndone(2);
        index.reset();
    }
}

/// Two coinbases whose txids begin alike.
std::pair<RawTx, RawTx> TwinCoinbases() {
    std::vector<RawTx> txs;
    std::vector<Bytes> stripped;
    for (std::uint32_t i = 0; i < 8; ++i) {
        txs.push_back(Coinbase(i, {Pay(i, 10 + i)}));
        stripped.push_back(txs.back().Write(false));
    }
    const auto found = generator::FindPrefixCollisions(stripped, tables::kTxidPrefixSize, 1).at(0);
    txs[found.first].lock_time = found.first_lock_time;
    txs[found.second].lock_time = found.second_lock_time;
    return {txs[found.first], txs[found.second]};
}

TEST_F(BlockProcessorTest, CoinbaseThatBeginsAlikeIsNoRepetition) {
    static const auto twins = TwinCoinbases();
    const auto [first, second] = twins;
    const Txid a = TxidOf(first), b = TxidOf(second);
    ASSERT_NE(a, b);
    ASSERT_TRUE(std::equal(a.bytes.begin(), a.bytes.begin() + 5, b.bytes.begin()));
    // Spent in either order, together or one by one, written before or not.
    for (unsigned variant = 0; variant < 8; ++variant) {
        SCOPED_TRACE(variant);
        const bool flush = variant & 1, swap = variant & 2, together = variant & 4;
        chain = {};
        const TempFolder fresh;
        index.reset();
        index = std::make_unique<OpenIndex>(Regtest(), fresh.Path());
        chain.AddWhole({first});
        chain.AddWhole({second});
        ConnectAll(flush);
        ExpectChain();
        EXPECT_EQ(index->processor.UtxoCount(), 2u);
        const RawTx x = Spend({OutputOf(swap ? second : first)}, {Pay(20, 1)});
        const RawTx y = Spend({OutputOf(swap ? first : second)}, {Pay(21, 1)});
        if (together) {
            chain.Add({x, y});
        } else {
            chain.Add({x});
            chain.Add({y});
        }
        ConnectAll(flush);
        ExpectChain();
        ExpectUndone(together ? 1 : 2);
        index.reset();
    }
}

TEST_F(BlockProcessorTest, KnowsHashesWrittenOrNot) {
    for (int i = 0; i < 6; ++i) chain.Add();
    for (std::uint32_t h = 0; h < 4; ++h) index->processor.Connect(*chain.blocks[h], Undo::skip);
    index->processor.Flush();
    for (std::uint32_t h = 4; h < 7; ++h) index->processor.Connect(*chain.blocks[h], Undo::skip);
    for (std::uint32_t h = 0; h < 7; ++h)
        EXPECT_EQ(index->processor.HashAt({h}), chain.blocks[h]->hash);
    EXPECT_FALSE(index->processor.HashAt({7}));
}

TEST_F(BlockProcessorTest, FlushGivesMemoryBack) {
    for (std::uint32_t i = 0; i < 3; ++i) {
        std::vector<RawTx::Output> outputs;
        for (std::uint32_t o = 0; o < 50'000; ++o) outputs.push_back(Pay(o, 1));
        chain.AddWhole({Coinbase(i, std::move(outputs))});
    }
    const auto empty = index->processor.PendingBytes();
    for (const auto& block : chain.blocks) index->processor.Connect(*block, Undo::keep);
    EXPECT_GT(index->processor.PendingBytes(), empty + 150'000 * 40);
    index->processor.Flush();
    EXPECT_LT(index->processor.PendingBytes(), empty + 10'000);
}

TEST_F(BlockProcessorTest, DatabaseOfAnotherNetworkIsRefused) {
    ConnectAll(true);
    index.reset();
    try {
        const OpenIndex other(Network("signet"), folder.Path());
        FAIL() << "opened";
    } catch (const FatalError& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("another coin or network"), text.npos) << text;
        EXPECT_NE(text.find("--datadir"), text.npos) << text;
    }
}

TEST_F(BlockProcessorTest, DatabaseOfAnotherVersionIsRefused) {
    ConnectAll(true);
    tables::StateRecord state;
    state.format_version = tables::kFormatVersion + 1;
    store::Batch batch(index->store);
    batch.Put(store::Table::meta, tables::kStateKey, tables::EncodeState(state));
    index->store.Write(std::move(batch));
    try {
        const BlockProcessor processor(Regtest(), index->store, 10);
        FAIL() << "opened";
    } catch (const FatalError& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("version"), text.npos) << text;
        EXPECT_NE(text.find("--datadir"), text.npos) << text;
    }
}

TEST_F(BlockProcessorTest, NothingCanBeTakenBackBelowTheWindow) {
    for (int i = 0; i < 30; ++i) chain.Add();
    Open(10);
    ConnectAll(true);
    EXPECT_FALSE(index->processor.CanDisconnect(0));
    EXPECT_TRUE(index->processor.CanDisconnect(10));
    EXPECT_FALSE(index->processor.CanDisconnect(11));
    ExpectUndone(10);
    const auto before = DumpTables(index->store);
    EXPECT_FALSE(index->processor.Disconnect());
    EXPECT_TRUE(DumpTables(index->store) == before);
}

TEST_F(BlockProcessorTest, TxidsSettleBelowTheWindowAndStaySettled) {
    for (int i = 0; i < 30; ++i) chain.Add();
    Open(10);
    ConnectAll(true);
    const auto settled = [&] { return index->store.SettledTxids().Count(); };
    const auto transactions = [&] { return index->processor.GetTip()->tx_count; };
    const auto expect_txids = [&] {
        std::vector<Txid> expected;
        for (const auto& block : chain.blocks)
            for (const auto& tx : block->txs) expected.push_back(tx.txid);
        expected.resize(transactions());
        const store::Reader reader(index->store, store::Reach::disk);
        EXPECT_EQ(ReadTxids(reader, {0}, expected.size() + 10), expected);
        for (std::uint64_t num = 0; num < expected.size(); ++num)
            EXPECT_EQ(ReadTxid(reader, {num}), expected[num]) << num;
    };
    EXPECT_EQ(settled(), 21u) << "one transaction per block, 31 of them";
    expect_txids();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(index->processor.Disconnect());
    EXPECT_EQ(transactions(), 21u);
    expect_txids();
    index->processor.Connect(*chain.blocks[21], Undo::keep);
    index->processor.Flush();
    EXPECT_EQ(settled(), 21u) << "one that is settled stays so";
    expect_txids();
    Open(10);
    expect_txids();
    ConnectAll(true);
    expect_txids();
    Open(5);
    chain.Add();
    ConnectAll(true);
    EXPECT_EQ(settled(), 27u);
    expect_txids();
}

TEST_F(BlockProcessorTest, GenesisStays) {
    chain.Add();
    ConnectAll(true);
    EXPECT_TRUE(index->processor.CanDisconnect(1));
    EXPECT_FALSE(index->processor.CanDisconnect(2));
}

TEST_F(BlockProcessorTest, BlocksNotYetWrittenCountOnlyIfKept) {
    for (int i = 0; i < 6; ++i) chain.Add();
    for (const auto& block : chain.blocks) index->processor.Connect(*block, Undo::skip);
    EXPECT_FALSE(index->processor.CanDisconnect(1));
    index->processor.Connect(*chain.Add(), Undo::keep);
    EXPECT_TRUE(index->processor.CanDisconnect(1));
    EXPECT_FALSE(index->processor.CanDisconnect(2));
}

TEST_F(BlockProcessorTest, LowerLimitForgetsWhatIsBelowIt) {
    for (int i = 0; i < 40; ++i) chain.Add();
    Open(30);
    ConnectAll(true);
    Open(10);
    EXPECT_TRUE(index->processor.CanDisconnect(10));
    EXPECT_FALSE(index->processor.CanDisconnect(20));
    for (int i = 0; i < 3; ++i) chain.Add();
    ConnectAll(true);
    Open(30);
    EXPECT_TRUE(index->processor.CanDisconnect(10));
    EXPECT_FALSE(index->processor.CanDisconnect(25)) << "there would be a gap";
}

TEST_F(BlockProcessorTest, SkippedBlocksEndTheWindow) {
    chain.Add();
    for (std::size_t h = 1; h < 40; ++h)
        chain.Add({Spend({chain.CoinbaseOf(h)}, {Pay(1, 1), Pay(2, 1)})});
    Open(20);
    const auto connect = [&](std::uint32_t from, std::uint32_t to, Undo undo) {
        for (std::uint32_t h = from; h < to; ++h) index->processor.Connect(*chain.blocks[h], undo);
    };
    // As when the node's headers jump ahead: kept at first, then found to be far from the tip.
    connect(0, 10, Undo::skip);
    connect(10, 20, Undo::keep);
    connect(20, 30, Undo::skip);
    connect(30, 41, Undo::keep);
    index->processor.Flush();
    EXPECT_TRUE(index->processor.CanDisconnect(11));
    EXPECT_FALSE(index->processor.CanDisconnect(12));
    ExpectChain();
    ExpectUndone(11);
}

}  // namespace
}  // namespace amber::index
