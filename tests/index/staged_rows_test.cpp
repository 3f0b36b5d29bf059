// A batch that is read before it is written reads as if it were.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "index/digest.h"
#include "index/store/reader.h"
#include "index/tables/header_table.h"
#include "tests/index/expect_model.h"
#include "tests/index/random_chain.h"
#include "tests/index/running_indexer.h"

namespace amber::index {
namespace {

using store::Reach;
using store::Reader;
using store::Table;

/// Tables with each kind of prefix, and without one.
constexpr Table kTables[] = {Table::h, Table::u, Table::history, Table::txnum, Table::spender};
constexpr std::size_t kPrefix[] = {8, 11, 11, 5, 0};

using Model = std::map<std::string, std::string>;

/// A batch at random and what it leads to. Few keys: most that it does is done to rows there are.
class Rows {
public:
    explicit Rows(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] std::string Key(std::size_t table) {
        std::string key(kPrefix[table], static_cast<char>('a' + Below(5)));
        for (std::uint32_t i = Below(3) + 1; i > 0; --i) key += static_cast<char>('a' + Below(4));
        return key;
    }
    store::Batch Change(store::Store& store, std::uint32_t rows) {
        store::Batch batch(store);
        for (std::size_t table = 0; table < std::size(kTables); ++table) {
            std::map<std::string, bool> changes;
            for (std::uint32_t i = 0; i < rows; ++i) changes[Key(table)] = Below(2) == 0;
            for (const auto& [key, deleted] : changes) {
                const std::string value = std::to_string(Below(1000));
                if (deleted) {
                    batch.Delete(kTables[table], key);
                    models[table].erase(key);
                } else {
                    batch.Put(kTables[table], key, value);
                    models[table][key] = value;
                }
            }
        }
        return batch;
    }
    [[nodiscard]] std::uint32_t Below(std::uint32_t bound) {
        return static_cast<std::uint32_t>(random_() % bound);
    }

    Model models[std::size(kTables)];

private:
    std::mt19937_64 random_;
};

void ExpectAt(const store::Cursor& cursor, Model::const_iterator row, const Model& model) {
    ASSERT_EQ(cursor.Valid(), row != model.end());
    if (!cursor.Valid()) return;
    EXPECT_EQ(cursor.Key(), row->first);
    EXPECT_EQ(cursor.Value(), row->second);
}

/// Walks forth from a key, within the prefix if there is one to end at.
void ExpectWalk(store::Cursor& cursor, const Model& model, const std::string& from,
                std::string_view prefix) {
    cursor.Seek(from);
    for (auto row = model.lower_bound(from);; ++row, cursor.Next()) {
        if (row != model.end() && !row->first.starts_with(prefix)) row = model.end();
        ExpectAt(cursor, row, model);
        if (testing::Test::HasFatalFailure() || row == model.end()) return;
    }
}

void ExpectReads(const Reader& reader, const Rows& expected, Rows& keys) {
    for (std::size_t table = 0; table < std::size(kTables); ++table) {
        SCOPED_TRACE(Name(kTables[table]));
        const Model& model = expected.models[table];
        auto ordered = reader.Ordered(kTables[table]), prefixed = reader.Prefixed(kTables[table]);
        ordered.SeekToFirst();
        ExpectAt(ordered, model.begin(), model);
        ExpectWalk(ordered, model, std::string(), {});
        for (int i = 0; i < 20 && !testing::Test::HasFailure(); ++i) {
            const std::string key = keys.Key(table);
            const auto found = model.find(key);
            EXPECT_EQ(reader.Get(kTables[table], key),
                      found == model.end() ? std::nullopt : std::optional(found->second));
            ExpectWalk(ordered, model, key, {});
            ExpectWalk(prefixed, model, key, std::string_view(key).substr(0, kPrefix[table]));
            ordered.SeekBack(key);
            auto row = model.upper_bound(key);
            row = row == model.begin() ? model.end() : std::prev(row);
            ExpectAt(ordered, row, model);
            if (row == model.end()) continue;
            ordered.Next();
            ExpectAt(ordered, std::next(row), model);
        }
    }
}

TEST(StagedRows, ReadAsIfWrittenBeforeAndAfter) {
    const auto seed = TestSeed();
    Rows rows(seed), keys(seed + 1);
    for (int round = 0; round < 30 && !testing::Test::HasFailure(); ++round) {
        SCOPED_TRACE(round);
        const TempFolder folder;
        store::Store store({.path = folder.Path()});
        for (auto& model : rows.models) model.clear();
        for (int i = round % 3; i > 0; --i) store.Write(rows.Change(store, 30));
        const Rows before = rows;
        const Reader plain(store.TakeSnapshot(), Reach::disk);
        auto batch = rows.Change(store, 1 + rows.Below(60));
        const Rows after = rows;
        const Reader staged(store.TakeSnapshotWith(batch), Reach::disk);
        ExpectReads(staged, after, keys);
        ExpectReads(plain, before, keys);
        store.Write(std::move(batch));
        ExpectReads({store.TakeSnapshot(), Reach::disk}, after, keys);
        store.Write(rows.Change(store, 60));
        ExpectReads(staged, after, keys);
    }
}

TEST(StagedRows, EveryBlockReadsAsItWillBe) {
    const auto seed = TestSeed();
    RandomChain chain(seed);
    for (int i = 0; i < 60; ++i) chain.Grow(chain.Below(20));
    const TempFolder folder;
    OpenIndex index(Regtest(), folder.Path(), 7);  // txids settle under way
    for (const auto& block : chain.blocks) {
        const Digest before = ComputeDigest({index.store, Reach::disk});
        index.processor.Connect(*block, BlockProcessor::Undo::keep);
        const auto staged = index.processor.Stage();
        ASSERT_TRUE(staged);
        const Digest told = ComputeDigest({*staged, Reach::disk});
        EXPECT_EQ(ComputeDigest({index.store, Reach::disk}).total, before.total);
        index.processor.Flush();
        const Digest written = ComputeDigest({index.store, Reach::disk});
        EXPECT_NE(written.total, before.total);
        EXPECT_EQ(told.total, written.total);
        EXPECT_EQ(told.tables, written.tables) << "undo rows too";
        EXPECT_EQ(ComputeDigest({*staged, Reach::disk}).total, written.total);
    }
    EXPECT_EQ(DigestOf(index.store), DigestOf(Regtest(), chain.blocks));
}

TEST(StagedRows, TooManyForABatchAreNot) {
    HandMadeChain chain;
    chain.Add();
    const TempFolder folder;
    OpenIndex index(Regtest(), folder.Path(), 7, 0);
    index.processor.Connect(*chain.blocks[0], BlockProcessor::Undo::keep);
    EXPECT_FALSE(index.processor.Stage());
    index.processor.Flush();
    EXPECT_EQ(index.processor.GetTip()->height.value, 0u);
}

/// An indexer that dies while it tells of the block at `height`, or never.
std::string FollowUntilTold(store::Store& store, StagedNode& node, const Chain& chain,
                            std::uint32_t deadly) {
    Indexer indexer(Regtest(), store, {.reorg_limit = 10, .cache_bytes = 64 << 20});
    std::size_t told = 0;
    const auto written = [&](Height height) {
        return Reader(store, Reach::disk).Get(Table::header, tables::HeaderKey(height)).has_value();
    };
    indexer.SetSinks(
        [&](const std::shared_ptr<const Announcement>& announcement) {
            const View& view = *announcement->view;
            EXPECT_EQ(view.tip.hash, chain[view.tip.height.value]->hash);
            EXPECT_FALSE(written(view.tip.height)) << "it was waited for";
            EXPECT_TRUE(Reader(view.snapshot, Reach::disk)
                            .Get(Table::header, tables::HeaderKey(view.tip.height)));
            ++told;
            if (view.tip.height.value == deadly) throw std::runtime_error("killed");
            if (view.tip.height.value + 1 < chain.size()) {
                node.SetChain(Chain(chain.begin(), chain.begin() + view.tip.height.value + 2));
                indexer.OnNodeEvent({NodeEvent::Kind::tip_changed, {}});
            } else {
                indexer.Stop();
            }
        },
        [&](const View& view) {
            node.SetChain(Chain(chain.begin(), chain.begin() + view.tip.height.value + 2));
            indexer.OnNodeEvent({NodeEvent::Kind::tip_changed, {}});
        });
    try {
        indexer.Run(node, node);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    EXPECT_GT(told, 0u);
    return {};
}

TEST(StagedRows, BlockIsToldBeforeItIsWrittenAndAgainIfItNeverWas) {
    RandomChain chain(TestSeed());
    for (int i = 0; i < 12; ++i) chain.Grow(10);
    const TempFolder folder;
    StagedNode node;
    node.SetChain(Chain(chain.blocks.begin(), chain.blocks.begin() + 4));
    {
        store::Store store({.path = folder.Path()});
        EXPECT_EQ(FollowUntilTold(store, node, chain.blocks, 8), "killed");
    }
    store::Store store({.path = folder.Path()});
    const Chain whole(chain.blocks.begin(), chain.blocks.begin() + 8);
    EXPECT_EQ(DigestOf(store), DigestOf(Regtest(), whole)) << "the block that was told is not here";
    node.SetChain(Chain(chain.blocks.begin(), chain.blocks.begin() + 9));
    EXPECT_EQ(FollowUntilTold(store, node, chain.blocks, 1000), "");
    EXPECT_EQ(DigestOf(store), DigestOf(Regtest(), chain.blocks));
}

}  // namespace
}  // namespace amber::index
