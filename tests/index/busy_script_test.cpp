// A script with thousands of transactions, and block hashes: what queries keep from one view to the
// next stays right while blocks come and go.
#include <gtest/gtest.h>

#include <deque>

#include "tests/index/block_maker.h"
#include "tests/index/expect_model.h"
#include "tests/index/random_chain.h"

namespace amber::index {
namespace {

using Undo = BlockProcessor::Undo;

constexpr std::uint32_t kBusy = 1;
constexpr std::uint32_t kLong = 5000;  ///< transactions: more than are hashed in place

/// A chain in which every transaction but coinbases spends an output of the busy script and pays to
/// it. A value: a copy can go on as another branch.
struct BusyChain {
    HandMadeChain chain;
    std::deque<OutPoint> coins;

    explicit BusyChain(std::uint32_t width = kLong) {
        chain.AddWhole({Coinbase(7, std::vector(width, Pay(kBusy, 1)))});
        for (std::uint32_t i = 0; i < width; ++i)
            coins.push_back({chain.blocks[1]->txs[0].txid, i});
    }
    void Mine(std::size_t count, std::uint32_t salt) {
        std::vector<RawTx> txs;
        for (; count > 0; --count) {
            txs.push_back(Spend({coins.front()}, {Pay(kBusy, 1)}, salt));
            coins.pop_front();
            coins.push_back(OutputOf(txs.back()));
        }
        chain.Add(txs, salt);
    }
};

struct BusyScriptTest : testing::Test {
    const ScriptHash script = AnyScriptHash(HashXOf(kBusy));

    static void Follow(OpenIndex& index, const Chain& chain) {
        for (const auto& tip = index.processor.GetTip();
             tip &&
             (tip->height.value >= chain.size() || chain[tip->height.value]->hash != tip->hash);)
            ASSERT_TRUE(index.processor.Disconnect());
        for (auto h = index.processor.NextHeight().value; h < chain.size(); ++h)
            index.processor.Connect(*chain[h], Undo::keep);
        index.processor.Flush();
    }
    std::optional<StatusHash> Wanted(const Chain& chain) const {
        return NaiveStatus(NaiveModel(chain).History(HashXOf(kBusy)));
    }
    static void ExpectBlocks(const Chain& chain, const std::set<BlockHash>& all, Query& query) {
        std::set<BlockHash> orphaned = all;
        for (std::uint32_t h = 0; h < chain.size(); ++h) {
            ASSERT_EQ(query.FindBlock(chain[h]->hash), Height{h});
            orphaned.erase(chain[h]->hash);
        }
        for (const auto& hash : orphaned) ASSERT_FALSE(query.FindBlock(hash));
    }

    TempFolder folder;
};

TEST_F(BusyScriptTest, StatusIsRightWhileBlocksComeAndGo) {
    std::mt19937_64 random(TestSeed());
    OpenIndex index(Regtest(), folder.Path(), 1000);  // it may go back further than it went forth
    std::vector<BusyChain> states{BusyChain()};       // by the number of blocks since
    states.push_back(states.back());
    states.back().Mine(kLong, 0);
    struct Old {
        ViewPtr view;
        std::optional<StatusHash> status;
    };
    std::vector<Old> old;
    std::set<BlockHash> all;
    std::uint32_t salt = 1;
    for (int step = 0; step < (kSanitized ? 30 : 150); ++step) {
        SCOPED_TRACE(step);
        if (step > 0 && random() % 4 == 0) {
            const std::size_t depth = random() % 10 == 0 ? 1 + random() % 90 : 1 + random() % 4;
            states.resize(states.size() - std::min(depth, states.size() - 2), states.front());
        }
        for (auto blocks = 1 + random() % 8; blocks > 0; --blocks) {
            states.push_back(states.back());
            states.back().Mine(random() % 4, ++salt);
        }
        const Chain& chain = states.back().chain.blocks;
        for (const auto& block : chain) all.insert(block->hash);
        ASSERT_NO_FATAL_FAILURE(Follow(index, chain));
        old.push_back({index.MakeView(), Wanted(chain)});
        // Those of views before, too: a reader may be late.
        for (int i = 0; i < 3; ++i) {
            const auto back = std::min<std::size_t>(old.size() - 1, i == 0 ? 0 : random() % 5);
            const Old& each = old[old.size() - 1 - back];
            Query query(each.view, store::Reach::disk);
            ASSERT_EQ(query.GetStatus(script), each.status) << back << " views ago";
        }
        Query query(old.back().view, store::Reach::disk);
        ASSERT_NO_FATAL_FAILURE(ExpectBlocks(chain, all, query));
    }
}

TEST_F(BusyScriptTest, OnlyWhatIsNewIsHashedAgain) {
    OpenIndex index(Regtest(), folder.Path());
    BusyChain busy;
    busy.Mine(kLong, 0);
    Follow(index, busy.chain.blocks);
    // The first time is for a thread that may wait, even if all of it is in memory.
    EXPECT_THROW((void)Query(index.MakeView(), store::Reach::memory).GetStatus(script),
                 store::NotInMemory);
    EXPECT_EQ(Query(index.MakeView(), store::Reach::disk).GetStatus(script),
              Wanted(busy.chain.blocks));
    for (std::uint32_t salt = 1; salt < 250; ++salt) {
        busy.Mine(salt % 2, salt);
        Follow(index, busy.chain.blocks);
        std::optional<StatusHash> status;
        ASSERT_NO_THROW(status = Query(index.MakeView(), store::Reach::memory).GetStatus(script));
        if (salt % 50 == 0) {
            ASSERT_EQ(status, Wanted(busy.chain.blocks));
        }
    }
    // As deep as states are kept for: no more than those blocks are hashed again.
    busy.chain.blocks.resize(busy.chain.blocks.size() - OpenIndex::kReorgLimit);
    Follow(index, busy.chain.blocks);
    std::optional<StatusHash> status;
    ASSERT_NO_THROW(status = Query(index.MakeView(), store::Reach::memory).GetStatus(script));
    EXPECT_EQ(status, Wanted(busy.chain.blocks));
}

/// Rows as a bulk build packs them, and one for each block: a range may begin inside of one.
TEST_F(BusyScriptTest, HistoryOfARangeOfBlocks) {
    std::mt19937_64 random(TestSeed());
    OpenIndex index(Regtest(), folder.Path());
    BusyChain busy(2000);
    std::uint32_t salt = 0;
    const auto grow = [&](Undo undo) {
        for (int i = 0; i < 40; ++i) busy.Mine(random() % 200, ++salt);
        const Chain& chain = busy.chain.blocks;
        for (auto h = index.processor.NextHeight().value; h < chain.size(); ++h)
            index.processor.Connect(*chain[h], undo);
        index.processor.Flush();
    };
    grow(Undo::skip);
    grow(Undo::skip);
    grow(Undo::keep);
    const NaiveModel model(busy.chain.blocks);
    const auto all = model.History(HashXOf(kBusy));
    Query query(index.MakeView(), store::Reach::disk);
    for (int i = 0; i < 300; ++i) {
        HistoryRange range{{static_cast<std::uint32_t>(random() % 130)}, std::nullopt};
        if (i % 4 != 0) range.end = Height{static_cast<std::uint32_t>(random() % 130)};
        auto wanted = all;
        std::erase_if(wanted, [&](const auto& line) {
            const Height height{static_cast<std::uint32_t>(line.height)};
            return height < range.begin || (range.end && height >= *range.end);
        });
        ASSERT_EQ(HistoryOf(query, HashXOf(kBusy), range), wanted)
            << range.begin.value << " to " << (range.end ? range.end->value : 0);
        if (wanted.empty()) continue;
        // No more than the limit, and none at all if there are more.
        int visits = 0;
        const auto visit = [&](const HistoryEntry&) { ++visits; };
        EXPECT_TRUE(query.VisitHistory(script, range, wanted.size(), visit));
        EXPECT_EQ(visits, static_cast<int>(wanted.size()));
        EXPECT_EQ(query.VisitHistory(script, range, wanted.size() - 1, visit).error(),
                  QueryError::history_too_large);
        EXPECT_EQ(visits, static_cast<int>(wanted.size()));
    }
    // A script beside it, before and after in key order, is never taken for it.
    for (std::uint32_t id = 2; id < 20; ++id)
        EXPECT_TRUE(HistoryOf(query, HashXOf(id), {{50}, std::nullopt}).empty());
    EXPECT_FALSE(HistoryOf(query, HashXOf(kMinerScript), {{50}, std::nullopt}).empty());
}

}  // namespace
}  // namespace amber::index
