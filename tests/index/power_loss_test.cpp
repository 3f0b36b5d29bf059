// Acceptance check b.4, 8: whatever the power cut leaves of the files, the database opens at a
// whole block, and what was being built goes on.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/index/alike_chain.h"
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
        if (const auto tip = ExpectWholeBlock(index, digests)) tips.insert(*tip);
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
        if (bulk::IsDone(cut)) {
            EXPECT_EQ(DigestOf(store::Store({.path = cut / "index"})), digest);
            ++done;
            continue;
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

/// The power goes at every sync there is. With memory for one thread only, each step of the tables
/// is on record by itself; with more, they are written while what was matched is saved.
struct PowerLossAtEverySync : testing::TestWithParam<std::size_t> {
    const std::uint64_t seed = TestSeed();
    std::mt19937_64 random{seed};
    const Chain chain = OnePartition();
    TempFolder folder;
    std::vector<std::filesystem::path> cuts;

    [[nodiscard]] std::filesystem::path Whole() const { return folder.Path() / "whole"; }

    /// So that rows fill chunks in files, and not memory alone, their keys are all alike. About
    /// half of the outputs are spent, soon or late.
    Chain OnePartition() {
        using Alike = bulk::AlikeChain;
        Alike made;
        std::vector<OutPoint> unspent;
        for (unsigned n = 0; made.blocks.size() < 24;) {
            std::vector<Alike::Tx> txs{{Alike::NeighbourTxid(n++), {Alike::Coinbase()}}};
            for (int i = 0; i < 80; ++i) {
                txs.push_back({Alike::NeighbourTxid(n++), {}, 2});
                Alike::Tx& tx = txs.back();
                while (!unspent.empty() && random() % 2 == 0) {
                    std::swap(unspent[random() % unspent.size()], unspent.back());
                    tx.inputs.push_back(unspent.back());
                    unspent.pop_back();
                }
                for (std::uint32_t output = 0; output < tx.outputs; ++output)
                    unspent.push_back({tx.txid, output});
            }
            made.Add(std::move(txs));
        }
        return made.blocks;
    }
    /// Of those that are written when all is matched.
    static bool HasTables(const std::filesystem::path& folder) {
        const std::filesystem::directory_iterator files(folder);
        return std::any_of(begin(files), end(files), [](const auto& file) {
            return file.path().filename().string().starts_with("history-");
        });
    }
    void ExpectGoesOn(const std::filesystem::path& cut, const StatusHash& digest) {
        if (kSanitized && random() % 8 != 0) return;
        SCOPED_TRACE(cut);
        bulk::Build build(cut, GetParam());
        if (!build.builder->TablesBegun()) build.Connect(chain);
        ASSERT_TRUE(build.builder->Finish(bulk::kGoOn));
        EXPECT_EQ(DigestOf(*build.store), digest);
    }
    /// Keeps each file of tables, too, as it was in the end.
    void Build() {
        const auto place = folder.Path() / "build";
        std::filesystem::create_directory(Whole());
        FragileDisk disk(place, folder.Path() / "cuts", seed, 1);
        bulk::Build build(place, GetParam());
        for (const auto& block : chain) {
            build.builder->Connect(*block);
            if (build.builder->NextHeight().value % 8 == 0) build.builder->Save();
        }
        ASSERT_TRUE(build.builder->Finish([&](double) {
            for (const auto& entry : std::filesystem::directory_iterator(build.Folder())) {
                std::error_code there_already;
                if (entry.path().extension() == ".sst")
                    std::filesystem::create_hard_link(
                        entry.path(), Whole() / entry.path().filename(), there_already);
            }
            return true;
        }));
        cuts = disk.Cuts();
    }
};

INSTANTIATE_TEST_SUITE_P(By, PowerLossAtEverySync, testing::Values(bulk::kSmall, 4 << 20),
                         [](const auto& of) {
                             return of.param == bulk::kSmall ? "OneThread" : "SeveralThreads";
                         });

TEST_P(PowerLossAtEverySync, WhatIsOnRecordIsWholeAndGoesOn) {
    Build();
    const auto digest = DigestOf(Regtest(), chain);
    // Once the tables are in the store, they stay.
    while (!cuts.empty() && bulk::IsDone(cuts.back())) {
        EXPECT_EQ(DigestOf(store::Store({.path = cuts.back() / "index"})), digest) << cuts.back();
        cuts.pop_back();
    }
    std::set<std::string> records;
    int saving_beside_writing = 0;
    std::optional<std::filesystem::path> before;
    for (const auto& cut : cuts) {
        SCOPED_TRACE(cut);
        if (!std::filesystem::exists(cut / "bulk" / "state")) continue;
        const bulk::FinishState record = bulk::RecordIn(cut / "bulk");
        for (const auto& file : record.files)
            ASSERT_EQ(ReadAll(cut / "bulk" / file.name), ReadAll(Whole() / file.name)) << file.name;
        const bool beside = record.matched == 0 && HasTables(cut / "bulk");
        saving_beside_writing += beside;
        const bool is_new = records.insert(record.Encode()).second;
        // What is on record now had been done by then, and was not yet.
        if (is_new && before) ExpectGoesOn(*before, digest);
        before.reset();
        if (is_new || beside || random() % 8 == 0)
            ExpectGoesOn(cut, digest);
        else
            before = cut;
        if (HasFailure()) return;
    }
    std::cout << cuts.size() << " cuts, " << records.size() << " different records, "
              << saving_beside_writing << " cuts while tables were written and matches saved\n";
    if (GetParam() == bulk::kSmall)
        EXPECT_GT(records.size(), 30u);
    else
        EXPECT_GT(saving_beside_writing, 0);
}

}  // namespace
}  // namespace amber::index
