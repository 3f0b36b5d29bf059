// Acceptance check b.4, 8: whatever the power cut leaves of the files, the database opens at a
// whole block, and what was being built goes on.
#include <gtest/gtest.h>

#include <set>

#include "tests/index/branches.h"
#include "tests/index/bulk_build.h"
#include "tests/index/fragile_disk.h"

namespace amber::index {
namespace {

struct PowerLoss : testing::TestWithParam<bool> {
    PowerLoss() : random(seed) {}

    const std::uint64_t seed = TestSeed();
    std::mt19937_64 random;
    TempFolder folder;
};

INSTANTIATE_TEST_SUITE_P(Each, PowerLoss, testing::Bool(),
                         [](const auto& of) { return of.param ? "BySortedFiles" : "ByBatches"; });

TEST_P(PowerLoss, Check8_TheDatabaseOpensAtAWholeBlock) {
    const Branches branches(seed);
    const auto digests = DigestsOf(branches);
    const std::size_t rows_max = GetParam() ? 0 : PendingRows::kBatchRowsMax;
    const auto path = folder.Path() / "db";
    std::vector<std::filesystem::path> cuts;
    {
        FragileDisk disk(path, folder.Path() / "cuts", seed, GetParam() ? 25 : 3);
        // Closed and opened again between, as only then the log of batches is synced.
        for (int round = 0; round < (kSanitized ? 2 : 6); ++round) {
            OpenIndex index(Regtest(), path, 50, rows_max);
            Follow(index.processor, (round % 2 ? branches.right : branches.left).blocks,
                   1 + random() % 9);
        }
        cuts = disk.Cuts();
    }
    ASSERT_GT(cuts.size(), kSanitized ? 2u : 20u);
    std::set<BlockHash> tips;
    for (const auto& cut : cuts) {
        SCOPED_TRACE(cut);
        if (!std::filesystem::exists(cut / "CURRENT")) continue;  // before there was a database
        const OpenIndex index(Regtest(), cut, 50);
        const auto tip = index.processor.GetTip();
        if (!tip) {
            EXPECT_TRUE(DumpTables(index.store)[store::Table::header].empty());
            continue;
        }
        tips.insert(tip->hash);
        ASSERT_TRUE(digests.contains(tip->hash));
        EXPECT_EQ(DigestOf(index.store), digests.at(tip->hash))
            << "at height " << tip->height.value;
    }
    EXPECT_GT(tips.size(), kSanitized ? 0u : 2u) << "cut too early or too late to show anything";
    std::cout << cuts.size() << " cuts, " << tips.size() << " different tips\n";
}

TEST(PowerLossInBulk, Check8_TheBuildGoesOnAndEndsTheSame) {
    const std::uint64_t seed = TestSeed();
    std::mt19937_64 random(seed);
    const Chain chain = bulk::MakeChain(seed, 40).blocks;
    const auto digest = DigestOf(Regtest(), chain);
    const TempFolder folder;
    const auto place = folder.Path() / "build";
    std::vector<std::filesystem::path> cuts;
    {
        FragileDisk disk(place, folder.Path() / "cuts", seed, kSanitized ? 40 : 12);
        bulk::Build build(place);
        while (build.builder->NextHeight().value < chain.size()) {
            build.builder->Connect(*chain[build.builder->NextHeight().value]);
            if (random() % 4 == 0) build.builder->Save();
        }
        ASSERT_TRUE(build.builder->Finish(bulk::kGoOn));
        cuts = disk.Cuts();
    }
    ASSERT_GT(cuts.size(), 5u);
    int done = 0, resumed = 0;
    for (const auto& cut : cuts) {
        SCOPED_TRACE(cut);
        if (!std::filesystem::exists(cut / "index" / "CURRENT")) continue;
        {
            const store::Store store({.path = cut / "index"});
            const store::Reader reader(store, store::Reach::disk);
            if (reader.Get(store::Table::meta, tables::kStateKey)) {
                EXPECT_EQ(DigestOf(store), digest);
                ++done;
                continue;
            }
        }
        bulk::Build build(cut);
        resumed += build.builder->NextHeight().value > 0;
        if (!build.builder->TablesBegun()) build.Connect(chain);
        ASSERT_TRUE(build.builder->Finish(bulk::kGoOn));
        EXPECT_EQ(DigestOf(*build.store), digest);
    }
    std::cout << cuts.size() << " cuts, " << resumed << " gone on with, " << done << " done\n";
    EXPECT_GT(resumed, 0);
}

}  // namespace
}  // namespace amber::index
