// Taking blocks back restores every byte; after any switch the index is that of a fresh one.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "index/chain/hex.h"
#include "index/tables/undo_table.h"
#include "tests/index/expect_model.h"
#include "tests/index/random_chain.h"
#include "tests/support/chain_data.h"

namespace amber::index {
namespace {

using Undo = BlockProcessor::Undo;

std::set<HashX> Touched(BlockProcessor& processor) {
    const auto touched = processor.TakeTouched();
    std::set<HashX> unique(touched.begin(), touched.end());
    EXPECT_EQ(unique.size(), touched.size()) << "each once";
    return unique;
}

/// Scripts that the blocks of `chain` from `begin` on fund or spend.
void AddScripts(const Chain& chain, std::size_t begin, std::set<HashX>& scripts) {
    const NaiveModel model(chain);
    for (const auto& [script, nums] : model.history)
        if (model.txs[*nums.rbegin()].height >= begin) scripts.insert(script);
}

std::size_t ForkOf(const Chain& a, const Chain& b) {
    std::size_t height = 0;
    while (height + 1 < a.size() && height + 1 < b.size() &&
           a[height + 1]->hash == b[height + 1]->hash)
        ++height;
    return height;
}

/// Disconnects and connects its way from one chain to another, and compares with a fresh index.
void Switch(const Coin& coin, OpenIndex& index, const Chain& from, const Chain& to) {
    const std::size_t fork = ForkOf(from, to);
    std::set<HashX> wanted;
    AddScripts(from, fork + 1, wanted);
    AddScripts(to, fork + 1, wanted);
    (void)index.processor.TakeTouched();
    for (std::size_t h = from.size(); --h > fork;) ASSERT_TRUE(index.processor.Disconnect());
    ASSERT_EQ(index.processor.GetTip()->hash, from[fork]->hash);
    for (std::size_t h = fork + 1; h < to.size(); ++h) index.processor.Connect(*to[h], Undo::keep);
    index.processor.Flush();
    EXPECT_EQ(Touched(index.processor), wanted);
    EXPECT_EQ(DigestOf(index.store), DigestOf(coin, to));
    ExpectModel(NaiveModel(to), index);
}

/// Undo rows are those of the newest blocks, without a gap, and no more than the limit.
void ExpectUndoWindow(const OpenIndex& index, std::uint32_t limit) {
    const auto rows = DumpTable(store::Reader(index.store, store::Reach::disk), store::Table::undo);
    EXPECT_LE(rows.size(), limit);
    auto height = index.processor.NextHeight().value - static_cast<std::uint32_t>(rows.size());
    for (const auto& [key, value] : rows) EXPECT_EQ(key, tables::UndoKey({height++}).View());
}

/// All tables at each block seen so far; another visit must find the same bytes.
class Album {
public:
    void Compare(const OpenIndex& index) {
        auto tables = DumpTables(index.store);
        const auto [page, is_new] =
            pages_.try_emplace(index.processor.GetTip()->hash, std::move(tables));
        if (is_new) return;
        ++seen_again_;
        for (const auto& [table, rows] : page->second)
            ASSERT_TRUE(rows == tables[table]) << "table " << Name(table) << " at height "
                                               << index.processor.GetTip()->height.value;
    }
    [[nodiscard]] std::size_t SeenAgain() const { return seen_again_; }

private:
    std::map<BlockHash, std::map<store::Table, Rows>> pages_;
    std::size_t seen_again_ = 0;
};

TEST(Reorg, RandomWalkRestoresEveryByte) {
    const auto seed = TestSeed();
    constexpr std::uint32_t kLimit = 12;
    const TempFolder folder;
    auto index = std::make_unique<OpenIndex>(Regtest(), folder.Path(), kLimit, 400);
    Album album;
    std::vector<RandomChain> states;  // by height
    states.emplace_back(seed);
    index->processor.Connect(*states.front().blocks[0], Undo::keep);
    for (int step = 0; step < (kSanitized ? 60 : 140); ++step) {
        RandomChain& dice = states.back();
        std::uint32_t depth = states.size() > 30 ? dice.Below(kLimit + 1) : dice.Below(2);
        if (!index->processor.CanDisconnect(depth)) depth = 0;
        for (std::uint32_t i = 0; i < depth; ++i) {
            ASSERT_TRUE(index->processor.Disconnect());
            states.pop_back();
            album.Compare(*index);
            if (HasFatalFailure()) return;
        }
        for (std::uint32_t count = depth + 1; count > 0; --count) {
            RandomChain next = states.back();
            next.Branch(seed + 1000 * step + count);
            next.Grow(next.Below(10) == 0 ? 60 : next.Below(6));
            index->processor.Connect(*next.blocks.back(), Undo::keep);
            states.push_back(std::move(next));
            if (states.back().Below(2) == 0) continue;
            index->processor.Flush();
            album.Compare(*index);
            if (HasFatalFailure()) return;
        }
        if (step % 16 == 7) {
            index->processor.Flush();
            index.reset();
            index = std::make_unique<OpenIndex>(Regtest(), folder.Path(), kLimit, 400);
        }
        if (step % 20 != 19) continue;
        index->processor.Flush();
        ExpectUndoWindow(*index, kLimit);
        ExpectModel(NaiveModel(states.back().blocks), *index);
        EXPECT_EQ(DigestOf(index->store), DigestOf(Regtest(), states.back().blocks));
        if (HasFailure()) return;
    }
    EXPECT_GT(album.SeenAgain(), kSanitized ? 20u : 80u);
}

TEST(Reorg, BackAndForthBetweenBranches) {
    RandomChain trunk(TestSeed());
    for (int i = 0; i < 20; ++i) trunk.Grow(4);
    RandomChain left = trunk, right = trunk;
    left.Branch(1);
    right.Branch(2);
    for (int i = 0; i < 6; ++i) left.Grow(5);
    for (int i = 0; i < 8; ++i) right.Grow(5);
    const TempFolder folder;
    OpenIndex index(Regtest(), folder.Path(), 10);
    for (const auto& block : left.blocks) index.processor.Connect(*block, Undo::keep);
    for (int round = 0; round < 3; ++round) {
        Switch(Regtest(), index, left.blocks, right.blocks);
        Switch(Regtest(), index, right.blocks, left.blocks);
    }
}

TEST(Reorg, GeneratedBranches) {
    generator::OracleOptions options;
    options.blocks = 130;
    options.txs = 6'000;
    options.prefix_bytes = 0;
    generator::OracleChain common(options);
    Chain trunk{GenesisBlock()};
    for (int i = 0; i < 120; ++i) trunk.push_back(ParseShared(Regtest(), *common.Next()));
    auto other = common;
    other.Branch(99, 140);
    Chain left = trunk, right = trunk;
    for (auto& block : TakeRest(common)) left.push_back(block);
    for (auto& block : TakeRest(other)) right.push_back(block);
    const TempFolder folder;
    OpenIndex index(Regtest(), folder.Path());
    for (const auto& block : left) index.processor.Connect(*block, Undo::keep);
    Switch(Regtest(), index, left, right);
    Switch(Regtest(), index, right, left);
}

/// Visits all chains in turn, then in both directions between any two.
void SwitchAmong(const Coin& coin, const std::vector<Chain>& chains) {
    const TempFolder folder;
    OpenIndex index(coin, folder.Path());
    for (const auto& block : chains[0]) index.processor.Connect(*block, Undo::keep);
    std::size_t at = 0;
    const auto go = [&](std::size_t next) {
        SCOPED_TRACE(std::to_string(at) + " to " + std::to_string(next));
        Switch(coin, index, chains[at], chains[next]);
        at = next;
    };
    for (std::size_t next = 1; next < chains.size(); ++next) go(next);
    for (std::size_t a = 0; a < chains.size(); ++a)
        for (std::size_t b = 0; b < a; ++b) {
            go(a);
            go(b);
        }
}

TEST(ReorgOfRealChains, Bsv) {
    AMBER_NEEDS_CHAIN_DATA();
    std::vector<Chain> chains;
    for (const auto& file : test::ChainDataFiles("reorg", "bsv-regtest-.*"))
        chains.push_back(ReadChainFile(Regtest(), file));
    ASSERT_EQ(chains.size(), 4u);
    SwitchAmong(Regtest(), chains);
}

TEST(ReorgOfRealChains, Btcd) {
    AMBER_NEEDS_CHAIN_DATA();
    const Coin& coin = Network("mainnet");
    const auto read = [&](const char* name) {
        return ReadChainFile(coin, *test::ChainDataDir() / "reorg" / name);
    };
    const Chain first = read("btc-btcd-blk_0_to_4.dat");
    ASSERT_EQ(first.size(), 5u);
    Chain second(first.begin(), first.begin() + 3);
    for (const char* name : {"btc-btcd-blk_3A.dat", "btc-btcd-blk_4A.dat", "btc-btcd-blk_5A.dat"}) {
        second.push_back(read(name).at(0));
        ASSERT_EQ(second.back()->previous, second[second.size() - 2]->hash);
    }
    SwitchAmong(coin, {first, second});
}

TEST(ReorgOfRealChains, Floresta) {
    AMBER_NEEDS_CHAIN_DATA();
    const Bytes file =
        test::ReadFile(*test::ChainDataDir() / "reorg" / "btc-regtest-floresta-reorg.json.xz");
    const auto json = boost::json::parse({reinterpret_cast<const char*>(file.data()), file.size()});
    const auto list = [&](std::size_t i) {
        Chain blocks;
        for (const auto& hex : json.at(i).as_array())
            blocks.push_back(
                ParseShared(Regtest(), FromHex(std::string_view(hex.as_string())).value()));
        return blocks;
    };
    Chain first = list(0);
    if (first.front()->hash != Regtest().genesis) first.insert(first.begin(), GenesisBlock());
    const Chain branch = list(1);
    Chain second = first;
    while (second.back()->hash != branch.front()->previous) {
        second.pop_back();
        ASSERT_FALSE(second.empty());
    }
    second.insert(second.end(), branch.begin(), branch.end());
    SwitchAmong(Regtest(), {first, second});
}

}  // namespace
}  // namespace amber::index
