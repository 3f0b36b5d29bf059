#include "index/mempool/mempool.h"

#include <gtest/gtest.h>

#include "index/lookup.h"
#include "tests/index/expect_model.h"
#include "tests/index/random_node.h"
#include "tests/index/staged_node.h"

namespace amber::index {
namespace {

using Undo = BlockProcessor::Undo;

std::map<Txid, Bytes> Serialised(const std::map<Txid, RawTx>& txs) {
    std::map<Txid, Bytes> raw;
    for (const auto& [txid, tx] : txs) raw[txid] = tx.Write(tx.HasWitness());
    return raw;
}

/// An index and a mempool that follow a staged node as the indexer makes them.
struct MempoolTest : testing::Test {
    MempoolTest() : index(Regtest(), folder.Path()) {}

    void Serve(const Chain& chain, const std::map<Txid, RawTx>& txs) {
        node.SetBoth(chain, Serialised(txs));
    }
    void FollowChain(const Chain& chain) {
        bool disconnected = false;
        while (index.processor.GetTip() &&
               (index.processor.GetTip()->height.value >= chain.size() ||
                chain[index.processor.GetTip()->height.value]->hash !=
                    index.processor.GetTip()->hash)) {
            ASSERT_TRUE(index.processor.Disconnect());
            disconnected = true;
        }
        for (auto h = index.processor.NextHeight().value; h < chain.size(); ++h) {
            KnownOutputs known;
            if (!disconnected)
                known = [this](const OutPoint& outpoint) { return KnownOf(outpoint); };
            index.processor.Connect(*chain[h], Undo::keep, known);
            index.processor.Flush();
            mempool.ApplyBlock(*chain[h]);
        }
        if (disconnected) mempool.Revalidate();
    }
    /// What the mempool knows of an output that a block spends must be what is in the tables.
    std::optional<UnspentOutput> KnownOf(const OutPoint& outpoint) {
        const auto known = mempool.FindConfirmedSpent(outpoint);
        if (!known) return known;
        ++known_outputs;
        auto h = reader.Prefixed(store::Table::h);
        const auto found = FindUnspent(reader, h, outpoint, Certainty::always_compare);
        EXPECT_TRUE(found && found->num == known->num && found->hash_x == known->hash_x &&
                    found->value == known->value && found->index == known->index);
        return known;
    }
    void Refresh() {
        const auto done = mempool.Refresh(node, index.processor.GetTip()->hash);
        ASSERT_TRUE(done && *done);
    }
    std::set<HashX> TakeTouched() {
        std::set<HashX> touched;
        for (const auto& script : mempool.TakeTouched())
            EXPECT_TRUE(touched.insert(script).second) << "each once";
        for (const auto& script : index.processor.TakeTouched()) touched.insert(script);
        return touched;
    }
    /// What became of every output there ever was, and that no status changed whose transaction was
    /// not touched.
    void ExpectOutpoints(const RandomNode& world, const NaiveModel& chain,
                         const NaiveMempool& model, Query& query) {
        std::set<Txid> touched;
        for (const auto& txid : mempool.TakeTouchedTxs()) touched.insert(txid);
        for (const auto& txid : index.processor.TakeTouchedTxs()) touched.insert(txid);
        for (const auto& [txid, tx] : world.Mempool())
            for (std::uint32_t i = 0; i <= tx.outputs.size(); ++i)
                outpoints_.insert({{txid, i}, {}});
        for (const auto& block : world.Blocks())
            for (const auto& tx : block->txs)
                for (std::uint32_t i = 0; i <= tx.output_count; ++i)
                    outpoints_.insert({{tx.txid, i}, {}});
        for (auto& [point, last] : outpoints_) {
            ExpectOutpoint(chain, model, point, query);
            const std::pair now(query.GetOutpoint(point), query.GetTransactionHeight(point.txid));
            if (now != last) {
                EXPECT_TRUE(touched.contains(point.txid)) << "output " << point.index;
            }
            last = now;
            if (HasFailure()) return;
        }
    }
    /// All answers, and that no script changed without being touched.
    void ExpectNode(const RandomNode& world) {
        const NaiveModel chain(world.Blocks());
        const auto model = world.Model(chain);
        const auto view = index.MakeView(mempool.View());
        ASSERT_EQ(view->mempool.size(), model.txs.size());
        Query query(view, store::Reach::disk);
        ExpectOutpoints(world, chain, model, query);
        const auto touched = TakeTouched();
        for (std::uint32_t id = 0; id <= 30; ++id) {
            // Number 30 stands for the empty script.
            const HashX script = id < 30 ? HashXOf(id) : HashXOf(Bytes{});
            ExpectScript(chain, model, script, query);
            auto history = HistoryOf(query, script);
            if (history != last_[script]) {
                EXPECT_TRUE(touched.contains(script)) << "script " << id;
            }
            last_[script] = std::move(history);
            if (HasFatalFailure()) return;
        }
        for (const auto& [name, tx] : model.txs) {
            ASSERT_NE(view->mempool.Find(tx.txid), nullptr);
            EXPECT_EQ(view->mempool.Find(tx.txid)->vsize, tx.vsize);
            for (const auto& input : tx.inputs) {
                const auto* spender = view->mempool.Spender(input);
                ASSERT_NE(spender, nullptr);
                EXPECT_EQ(spender->txid, tx.txid);
            }
            for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) {
                const auto* spender = view->mempool.Spender({tx.txid, i});
                EXPECT_EQ(spender ? std::optional(spender->txid) : std::nullopt,
                          model.Spender({tx.txid, i}));
            }
        }
    }

    TempFolder folder;
    OpenIndex index;
    StagedNode node;
    int known_outputs = 0;  ///< that KnownOf() found
    store::Reader reader{index.store, store::Reach::disk};
    Mempool mempool{*Regtest().codec, [this](const OutPoint& outpoint) {
                        auto h = reader.Prefixed(store::Table::h);
                        return FindUnspent(reader, h, outpoint, Certainty::always_compare);
                    }};

private:
    std::map<HashX, std::vector<NaiveModel::Line>> last_;
    std::map<OutPoint, std::pair<OutpointStatus, std::optional<std::int32_t>>> outpoints_;
};

TEST_F(MempoolTest, AgreesWithAModelUnderRandomTraffic) {
    RandomNode world(TestSeed());
    for (int i = 0; i < 5; ++i) world.Mine();
    for (int step = 0; step < (kSanitized ? 100 : 400); ++step) {
        SCOPED_TRACE(step);
        bool chain_moved = false;
        const auto dice = world.Below(20);
        for (std::uint32_t n = world.Below(4); n > 0; --n) world.AddTx();
        if (dice < 4) world.ReplaceTx();
        if (dice == 5) world.EvictTx();
        if (dice == 6 || dice == 7) world.Mine(), chain_moved = true;
        if (dice == 8) world.Reorganise(1 + world.Below(4), world.Below(5)), chain_moved = true;
        const auto changes = world.TakeChanges();
        Serve(world.Blocks(), world.Mempool());
        const MempoolView before = mempool.View();
        const auto size_before = before.size();
        FollowChain(world.Blocks());
        if (chain_moved || world.Below(2) == 0) {
            Refresh();
        } else {
            mempool.Remove(changes.removed);
            ASSERT_TRUE(mempool.Add(node, changes.added));
        }
        ExpectNode(world);
        EXPECT_EQ(before.size(), size_before) << "a view never changes";
        if (HasFailure()) return;
    }
    EXPECT_GT(known_outputs, 0) << "else nothing was tested of them";
}

/// A parent that pays script 1 with a coinbase, and its child, which pays script 2.
struct Family {
    HandMadeChain chain;
    RawTx parent, child;
    Family() {
        chain.Add();
        chain.Add();
        parent = Spend({chain.CoinbaseOf(1)}, {Pay(1, 40 * kCoins)});
        child = Spend({OutputOf(parent)}, {Pay(2, 30 * kCoins)});
    }
};

std::map<Txid, RawTx> ByTxid(const std::vector<RawTx>& txs) {
    std::map<Txid, RawTx> map;
    for (const auto& tx : txs) map[TxidOf(tx)] = tx;
    return map;
}

TEST_F(MempoolTest, ChildOfAConfirmedParentGoesFromMinusOneToZeroAndIsTouched) {
    Family family;
    Serve(family.chain.blocks, ByTxid({family.child, family.parent}));
    FollowChain(family.chain.blocks);
    Refresh();
    EXPECT_TRUE(mempool.View().Find(TxidOf(family.child))->has_unconfirmed_inputs);
    EXPECT_FALSE(mempool.View().Find(TxidOf(family.parent))->has_unconfirmed_inputs);
    EXPECT_EQ(mempool.View().Find(TxidOf(family.child))->fee, 10 * kCoins);
    (void)TakeTouched();
    family.chain.Add({family.parent});
    FollowChain(family.chain.blocks);
    EXPECT_FALSE(mempool.View().Find(TxidOf(family.child))->has_unconfirmed_inputs);
    const auto touched = TakeTouched();
    EXPECT_TRUE(touched.contains(HashXOf(2)));
    // And back again when the block is taken back and the parent returns.
    family.chain.blocks.pop_back();
    Serve(family.chain.blocks, ByTxid({family.child, family.parent}));
    FollowChain(family.chain.blocks);
    Refresh();
    EXPECT_TRUE(mempool.View().Find(TxidOf(family.child))->has_unconfirmed_inputs);
    EXPECT_TRUE(TakeTouched().contains(HashXOf(2)));
}

TEST_F(MempoolTest, OrphanIsLeftOutUntilItsParentComes) {
    Family family;
    Serve(family.chain.blocks, ByTxid({family.child}));
    FollowChain(family.chain.blocks);
    Refresh();
    EXPECT_EQ(mempool.size(), 0u);
    Serve(family.chain.blocks, ByTxid({family.child, family.parent}));
    ASSERT_TRUE(mempool.Add(node, std::vector{TxidOf(family.parent)}));
    EXPECT_EQ(mempool.size(), 1u);
    Refresh();
    EXPECT_EQ(mempool.size(), 2u);
}

TEST_F(MempoolTest, ReplacementTakesDescendantsAlong) {
    Family family;
    Serve(family.chain.blocks, ByTxid({family.child, family.parent}));
    FollowChain(family.chain.blocks);
    Refresh();
    (void)TakeTouched();
    const RawTx better = Spend({family.chain.CoinbaseOf(1)}, {Pay(3, 39 * kCoins)});
    Serve(family.chain.blocks, ByTxid({better}));
    // Told of the new one only; that the old ones left may never be told.
    ASSERT_TRUE(mempool.Add(node, std::vector{TxidOf(better)}));
    EXPECT_EQ(mempool.size(), 1u);
    EXPECT_EQ(TakeTouched(), (std::set{HashXOf(kMinerScript), HashXOf(1), HashXOf(2), HashXOf(3)}));
}

TEST_F(MempoolTest, ListingOfAnotherTipChangesNothing) {
    Family family;
    FollowChain(family.chain.blocks);
    Chain longer = family.chain.blocks;
    longer.push_back(MakeBlock(longer.back()->hash, {Coinbase(9, {Pay(9, 1)})}));
    Serve(longer, ByTxid({family.parent}));
    const auto done = mempool.Refresh(node, index.processor.GetTip()->hash);
    ASSERT_TRUE(done);
    EXPECT_FALSE(*done);
    EXPECT_EQ(mempool.size(), 0u);
    node.SetTrouble({.down = true});
    EXPECT_FALSE(mempool.Refresh(node, index.processor.GetTip()->hash));
    EXPECT_FALSE(mempool.Add(node, std::vector{TxidOf(family.parent)}));
    EXPECT_TRUE(mempool.TakeTouched().empty());
}

TEST_F(MempoolTest, WrongBytesForATransactionAreLeftOut) {
    Family family;
    FollowChain(family.chain.blocks);
    auto raw = Serialised(ByTxid({family.parent}));
    raw[TxidOf(family.parent)] = family.child.Write(false);
    raw[TxidOf(family.child)] = {1, 2, 3};
    node.SetBoth(family.chain.blocks, raw);
    Refresh();
    EXPECT_EQ(mempool.size(), 0u);
}

TEST_F(MempoolTest, SpendOfWhatDoesNotExistIsLeftOut) {
    Family family;
    FollowChain(family.chain.blocks);
    const RawTx wrong_index = Spend({{family.chain.CoinbaseOf(1).txid, 1}}, {Pay(1, 1)});
    const RawTx beyond_child = Spend({OutputOf(family.parent, 5)}, {Pay(1, 1)});
    Serve(family.chain.blocks, ByTxid({wrong_index, beyond_child, family.parent}));
    Refresh();
    EXPECT_EQ(mempool.size(), 1u);
}

}  // namespace
}  // namespace amber::index
