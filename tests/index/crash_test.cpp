// A process that is killed while it writes: whatever the moment, the database opens at a whole
// block.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/index/expect_model.h"
#include "tests/index/random_chain.h"

namespace amber::index {
namespace {

using Undo = BlockProcessor::Undo;

/// Chains for the children to switch between, and the digest at each of their blocks.
struct Stage {
    explicit Stage(std::uint64_t seed) : left(seed, 200), right(0) {
        for (int i = 0; i < 40; ++i) left.Grow(30);
        right = left;
        left.Branch(seed + 1);
        right.Branch(seed + 2);
        for (int i = 0; i < 12; ++i) left.Grow(30);
        for (int i = 0; i < 12; ++i) right.Grow(30);
        Record(left.blocks);
        Record(right.blocks);
    }
    void Record(const Chain& chain) {
        const TempFolder folder;
        OpenIndex index(Regtest(), folder.Path());
        for (const auto& block : chain) {
            index.processor.Connect(*block, Undo::keep);
            index.processor.Flush();
            digests[block->hash] = DigestOf(index.store);
        }
    }
    RandomChain left, right;
    std::map<BlockHash, StatusHash> digests;
};

void Follow(BlockProcessor& processor, const Chain& chain, std::size_t flush_every) {
    const auto on_chain = [&](const Tip& tip) {
        return tip.height.value < chain.size() && chain[tip.height.value]->hash == tip.hash;
    };
    while (processor.GetTip() && !on_chain(*processor.GetTip()))
        if (!processor.Disconnect()) ::_exit(3);
    for (auto h = processor.NextHeight().value; h < chain.size(); ++h) {
        processor.Connect(*chain[h], Undo::keep);
        if (h % flush_every == 0) processor.Flush();
    }
    processor.Flush();
}

/// Writes until it is killed. `ready` gets a byte once the database is open.
[[noreturn]] void WriteForEver(const Stage& stage, const std::filesystem::path& path, bool by_files,
                               std::size_t flush_every, int ready) {
    try {
        OpenIndex index(Regtest(), path, 50, by_files ? 0 : PendingRows::kBatchRowsMax);
        if (::write(ready, "x", 1) != 1) ::_exit(4);
        for (;;) {
            Follow(index.processor, stage.left.blocks, flush_every);
            Follow(index.processor, stage.right.blocks, flush_every);
        }
    } catch (...) {
        ::_exit(2);
    }
}

/// Forks a writer and kills it after `delay`.
void KillAWriter(const Stage& stage, const std::filesystem::path& path, bool by_files,
                 std::size_t flush_every, std::chrono::microseconds delay) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) WriteForEver(stage, path, by_files, flush_every, ready[1]);
    char byte;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1) << "the writer did not open the database";
    std::this_thread::sleep_for(delay);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << status;
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST(Crash, KilledAtAnyMomentItOpensAtAWholeBlock) {
    const auto seed = TestSeed();
    std::mt19937_64 random(seed);
    const Stage stage(seed);
    const TempFolder folder;
    std::set<BlockHash> tips;
    for (int round = 0; round < 24; ++round) {
        SCOPED_TRACE(round);
        // Files are loaded a few milliseconds at a time; batches take less.
        const bool by_files = round % 3 == 2;
        KillAWriter(stage, folder.Path(), by_files, 1 + random() % 9,
                    std::chrono::microseconds(random() % (round == 0 ? 20'000 : 150'000)));
        if (HasFatalFailure()) return;
        const OpenIndex index(Regtest(), folder.Path(), 50);
        const auto tip = index.processor.GetTip();
        if (!tip) {
            EXPECT_TRUE(DumpTables(index.store)[store::Table::header].empty());
            continue;
        }
        tips.insert(tip->hash);
        ASSERT_TRUE(stage.digests.contains(tip->hash));
        EXPECT_EQ(DigestOf(index.store), stage.digests.at(tip->hash))
            << "at height " << tip->height.value;
    }
    EXPECT_GT(tips.size(), 4u) << "killed too late or too early to show anything";
    OpenIndex index(Regtest(), folder.Path(), 50);
    Follow(index.processor, stage.left.blocks, 1);
    ExpectModel(NaiveModel(stage.left.blocks), index);
}

}  // namespace
}  // namespace amber::index
