// A process that is killed while it writes: whatever the moment, the database opens at a whole
// block.
#include <gtest/gtest.h>

#include "tests/index/branches.h"
#include "tests/index/expect_model.h"
#include "tests/index/random_chain.h"
#include "tests/index/writer_process.h"

namespace amber::index {
namespace {

/// What a writer is told, through its environment.
constexpr const char *kFolder = "AMBER_CRASH_FOLDER", *kRowsMax = "AMBER_CRASH_ROWS",
                     *kFlushEvery = "AMBER_CRASH_FLUSH";

TEST(CrashWriter, WritesUntilItIsKilled) {
    if (!WriterProcess::IsTold(kFolder)) GTEST_SKIP() << "only started by the test Crash";
    const Branches branches(TestSeed());
    OpenIndex index(Regtest(), WriterProcess::Text(kFolder), 50, WriterProcess::Number(kRowsMax));
    const std::uint64_t flush_every = WriterProcess::Number(kFlushEvery);
    WriterProcess::TellReady();
    while (!HasFailure()) {
        Follow(index.processor, branches.left.blocks, flush_every);
        Follow(index.processor, branches.right.blocks, flush_every);
    }
}

/// Starts a writer and kills it `delay` after its database is open.
void KillAWriter(std::uint64_t seed, const std::filesystem::path& path, bool by_files,
                 std::size_t flush_every, std::chrono::microseconds delay) {
    WriterProcess writer("CrashWriter.*",
                         {Variable(kFolder, path.string()),
                          Variable(kRowsMax, by_files ? 0 : PendingRows::kBatchRowsMax),
                          Variable(kFlushEvery, flush_every), Variable("AMBER_SEED", seed)});
    ASSERT_TRUE(writer.WaitUntilReady()) << "the writer did not open the database";
    ASSERT_TRUE(writer.KillAfter(delay)) << "the writer ended by itself: " << writer.ExitCode();
}

TEST(Crash, KilledAtAnyMomentItOpensAtAWholeBlock) {
    const auto seed = TestSeed();
    std::mt19937_64 random(seed);
    const Branches branches(seed);
    const auto digests = DigestsOf(branches);
    const TempFolder folder;
    std::set<BlockHash> tips;
    for (int round = 0; round < (kSanitized ? 8 : 24); ++round) {
        SCOPED_TRACE(round);
        const bool by_files = round % 3 == 2;
        KillAWriter(seed, folder.Path(), by_files, 1 + random() % 9,
                    std::chrono::microseconds(random() % (round == 0 ? 20'000 : 150'000)));
        if (HasFatalFailure()) return;
        const OpenIndex index(Regtest(), folder.Path(), 50);
        if (const auto tip = ExpectWholeBlock(index, digests)) tips.insert(*tip);
    }
    EXPECT_GT(tips.size(), 2u) << "killed too late or too early to show anything";
    OpenIndex index(Regtest(), folder.Path(), 50);
    Follow(index.processor, branches.left.blocks, 1);
    ExpectModel(NaiveModel(branches.left.blocks), index);
}

}  // namespace
}  // namespace amber::index
