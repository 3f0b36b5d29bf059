#include "daemon_client/block_files/block_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <thread>

#include "tests/daemon_client/block_files/block_directory.h"
#include "tests/generator/block_builder.h"

namespace amber::daemon_client {
namespace {

using generator::GenesisBlock;
using index::BlockHash;
using index::Bytes;

constexpr std::array<std::uint8_t, 8> kKey = {0x5a, 0x01, 0xff, 0x00, 0x80, 0x13, 0x77, 0xe2};

/// All is tested with masked files and with plain ones.
class BlockFilesTest : public ::testing::TestWithParam<bool> {
protected:
    std::unique_ptr<BlockFiles> Open() {
        auto opened = BlockFiles::Open(Regtest(), directory_.Path());
        if (!opened) ADD_FAILURE() << opened.error().Text();
        return opened ? std::move(*opened) : nullptr;
    }
    static void ExpectHas(const BlockFiles& files, const std::vector<Bytes>& blocks) {
        for (const Bytes& block : blocks) {
            const auto position = files.Find(HashOf(block));
            ASSERT_TRUE(position);
            EXPECT_EQ(*files.Read(*position), block);
        }
    }
    static std::vector<BlockHash> Hashes(const std::vector<Bytes>& blocks) {
        std::vector<BlockHash> hashes;
        for (const Bytes& block : blocks) hashes.push_back(HashOf(block));
        return hashes;
    }
    static std::vector<BlockHash> Chain(const BlockFiles& files) {
        std::vector<BlockHash> hashes;
        for (const ChainedBlock& block : files.BestChain(Regtest().genesis))
            hashes.push_back(block.hash);
        return hashes;
    }
    /// One problem, at `offset` of a file; returns what it says.
    static std::string OnlyProblem(const BlockFiles::Report& report, std::uint64_t offset) {
        if (report.problems.size() != 1u) {
            for (const FileError& problem : report.problems) ADD_FAILURE() << problem.Text();
            return "not one problem";
        }
        EXPECT_EQ(report.problems[0].offset, offset) << report.problems[0].Text();
        return report.problems[0].what;
    }
    static void ExpectQuiet(const BlockFiles::Report& report, std::size_t blocks) {
        EXPECT_EQ(report.blocks, blocks);
        for (const FileError& problem : report.problems) ADD_FAILURE() << problem.Text();
    }

    BlockDirectory directory_{GetParam() ? std::optional(kKey) : std::nullopt};
    const Bytes genesis_ = GenesisBlock();
    const std::vector<Bytes> branch_ = MineBranch(HashOf(genesis_), 30, 100);
};

INSTANTIATE_TEST_SUITE_P(MaskedOrNot, BlockFilesTest, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Masked" : "Plain"; });

TEST_P(BlockFilesTest, OutOfOrderWithAStaleBranch) {
    std::vector<Bytes> blocks = branch_;
    const auto stale = MineBranch(HashOf(branch_[9]), 15, 900);
    blocks.insert(blocks.end(), stale.begin(), stale.end());
    blocks.push_back(genesis_);
    const unsigned seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::shuffle(blocks.begin(), blocks.end(), std::mt19937(seed));
    for (std::size_t i = 0; i < blocks.size(); ++i)
        directory_.AppendRecord(static_cast<std::uint32_t>(i / 10 * 3), blocks[i]);

    const auto files = Open();
    EXPECT_EQ(files->BlockCount(), 0u);
    ExpectQuiet(files->Refresh(), blocks.size());
    EXPECT_EQ(files->BlockCount(), blocks.size());
    ExpectHas(*files, blocks);
    EXPECT_FALSE(files->Find(BlockHash{}));
    auto expected = Hashes(branch_);
    expected.insert(expected.begin(), HashOf(genesis_));
    EXPECT_EQ(Chain(*files), expected);
    ExpectQuiet(files->Refresh(), 0);
}

TEST_P(BlockFilesTest, GrowsWhileOpen) {
    const auto files = Open();
    ExpectQuiet(files->Refresh(), 0);
    directory_.AppendRecord(0, genesis_);
    ExpectQuiet(files->Refresh(), 1);
    for (std::size_t i = 0; i < branch_.size(); ++i) {
        directory_.AppendRecord(static_cast<std::uint32_t>(i / 5), branch_[i]);
        if (i % 3 == 0) ExpectQuiet(files->Refresh(), i == 0 ? 1 : 3);
    }
    ExpectQuiet(files->Refresh(), 2);
    ExpectHas(*files, branch_);
    EXPECT_EQ(Chain(*files).size(), branch_.size() + 1);
}

TEST_P(BlockFilesTest, BlocksAppearInZerosLaidOutForThem) {
    directory_.AppendRecord(0, genesis_);
    std::uint64_t end = directory_.AppendZeros(0, 3 << 20);
    const auto files = Open();
    ExpectQuiet(files->Refresh(), 1);
    for (std::size_t i = 0; i < branch_.size(); ++i) {
        directory_.OverwriteRecord(0, end, branch_[i]);
        end += 8 + branch_[i].size();
        ExpectQuiet(files->Refresh(), 1);
        ExpectQuiet(files->Refresh(), 0);
    }
    ExpectHas(*files, branch_);
    directory_.Truncate(0, end);
    ExpectQuiet(files->Refresh(), 0);
    ExpectHas(*files, branch_);
}

TEST_P(BlockFilesTest, ARecordBeingWrittenIsTakenWhenItIsWhole) {
    const Bytes& block = branch_[0];
    Bytes record = RecordHead(static_cast<std::uint32_t>(block.size()));
    record.insert(record.end(), block.begin(), block.end());
    directory_.AppendRecord(0, genesis_);
    const auto files = Open();
    ExpectQuiet(files->Refresh(), 1);
    for (std::size_t size = 0; size < record.size(); ++size) {
        const std::uint64_t end = directory_.Append(0, index::ByteView(record).subspan(size, 1));
        const auto report = files->Refresh();
        EXPECT_EQ(report.blocks, size + 1 == record.size() ? 1u : 0u) << size << " of " << end;
        EXPECT_LE(report.problems.size(), 1u);
    }
    ExpectHas(*files, {genesis_, block});
}

TEST_P(BlockFilesTest, TornTailStaysAndIsNamed) {
    directory_.AppendRecord(0, genesis_);
    const Bytes& torn = branch_[0];
    const auto at = directory_.AppendRecordHead(0, static_cast<std::uint32_t>(torn.size()));
    directory_.Append(0, index::ByteView(torn).first(100));
    directory_.AppendRecord(1, branch_[1]);
    const auto files = Open();
    EXPECT_EQ(OnlyProblem(files->Refresh(), at),
              "record of " + std::to_string(torn.size()) + " bytes, of which the file has 100");
    EXPECT_EQ(files->BlockCount(), 2u);
    ExpectQuiet(files->Refresh(), 0);
}

TEST_P(BlockFilesTest, GarbageBetweenRecordsIsSkipped) {
    std::mt19937 random(5);
    Bytes garbage(200'000);
    for (auto& byte : garbage) byte = static_cast<std::uint8_t>(random());
    directory_.AppendRecord(0, genesis_);
    const auto at = directory_.Append(0, garbage);
    directory_.AppendRecord(0, branch_[0]);
    const auto files = Open();
    EXPECT_EQ(OnlyProblem(files->Refresh(), at), "no block of regtest; 200000 bytes skipped");
    ExpectHas(*files, {genesis_, branch_[0]});
    // Zeros between records are no end either.
    const auto zeros = directory_.AppendZeros(0, 2 << 20);
    directory_.AppendRecord(0, branch_[1]);
    EXPECT_EQ(OnlyProblem(files->Refresh(), zeros), "no block of regtest; 2097152 bytes skipped");
    ExpectHas(*files, {branch_[1]});
}

TEST_P(BlockFilesTest, ManyDamagedPlacesInOneFileAreAllSkipped) {
    std::vector<std::uint64_t> places;
    for (const Bytes& block : branch_) {
        directory_.AppendRecord(0, block);
        places.push_back(directory_.Append(0, std::vector<std::uint8_t>(5, 0x77)));
    }
    const auto files = Open();
    const auto report = files->Refresh();
    ExpectHas(*files, branch_);
    ASSERT_EQ(report.problems.size(), places.size());
    for (std::size_t i = 0; i < places.size(); ++i) EXPECT_EQ(report.problems[i].offset, places[i]);
}

TEST_P(BlockFilesTest, EveryBadRecordIsNamedAndSkipped) {
    Bytes no_work = branch_[0];
    for (std::uint32_t nonce = 0;
         Regtest().codec->HasProofOfWork(index::ByteView(no_work).first(80));)
        std::memcpy(no_work.data() + 76, &++nonce, sizeof nonce);
    const auto limit = static_cast<std::uint32_t>(Regtest().codec->BlockBytesMax());
    const auto& mainnet = *index::FindCoin("bitcoin", "mainnet");
    struct Case {
        Bytes record;
        std::string what;
    };
    const auto with_head = [](Bytes head, const Bytes& block) {
        head.insert(head.end(), block.begin(), block.end());
        return head;
    };
    const std::vector<Case> cases = {
        {with_head(RecordHead(0), branch_[0]), "record of 0 bytes is no block"},
        {with_head(RecordHead(80), branch_[0]), "record of 80 bytes is no block"},
        {with_head(RecordHead(limit + 1), branch_[0]),
         "record of 4000001 bytes is no block: the largest"},
        {with_head(RecordHead(0xffffffff), branch_[0]),
         "record of 4294967295 bytes is no block: the largest"},
        {with_head(RecordHead(static_cast<std::uint32_t>(no_work.size())), no_work),
         "header without proof of work"},
        {with_head(RecordHead(300, mainnet), branch_[0]), "block of another network: mainnet"},
        {with_head(RecordHead(limit), branch_[0]), "of which the file has"},
    };
    for (const Case& bad : cases) {
        BlockDirectory directory(GetParam() ? std::optional(kKey) : std::nullopt);
        directory.AppendRecord(0, genesis_);
        const auto at = directory.Append(0, bad.record);
        directory.AppendRecord(0, branch_[1]);
        const auto files = BlockFiles::Open(Regtest(), directory.Path());
        ASSERT_TRUE(files);
        const auto report = (*files)->Refresh();
        EXPECT_NE(OnlyProblem(report, at).find(bad.what), std::string::npos) << bad.what;
        EXPECT_EQ(report.blocks, 2u) << bad.what;
        ExpectHas(**files, {genesis_, branch_[1]});
    }
}

TEST_P(BlockFilesTest, AMagicWithinABlockIsNoRecord) {
    index::RawTx tx = index::RandomTx(3);
    Bytes script = RecordHead(static_cast<std::uint32_t>(branch_[5].size()));
    script.insert(script.end(), branch_[5].begin(), branch_[5].end());
    tx.outputs.at(0).script = script;
    const Bytes tricky = MineBlock(HashOf(genesis_), 1, {tx});
    directory_.AppendRecord(0, genesis_);
    directory_.AppendRecord(0, tricky);
    directory_.AppendRecord(0, branch_[0]);
    const auto files = Open();
    ExpectQuiet(files->Refresh(), 3);
    EXPECT_FALSE(files->Find(HashOf(branch_[5])));
}

TEST_P(BlockFilesTest, ANodeThatCrashedWritesOverItsLastBlocks) {
    directory_.AppendRecord(0, genesis_);
    const auto first = directory_.AppendRecord(0, branch_[0]);
    directory_.AppendRecord(0, branch_[1]);
    const auto files = Open();
    ExpectQuiet(files->Refresh(), 3);
    const auto position = *files->Find(HashOf(branch_[1]));
    // Another, longer block where the first was, then the rest again.
    const Bytes other = MineBlock(HashOf(genesis_), 7, {index::RandomTx(7), index::RandomTx(8)});
    directory_.Truncate(0, first);
    directory_.AppendRecord(0, other);
    directory_.AppendRecord(0, branch_[0]);
    directory_.AppendRecord(0, branch_[1]);
    EXPECT_EQ(files->Refresh().blocks, 1u);
    ExpectHas(*files, {genesis_, other, branch_[0], branch_[1]});
    EXPECT_NE(*files->Find(HashOf(branch_[1])), position);
    // Shorter than what was known.
    directory_.Truncate(0, first);
    files->Refresh();
    EXPECT_FALSE(files->Read(*files->Find(HashOf(branch_[1]))));
    directory_.AppendRecord(0, branch_[1]);
    files->Refresh();
    ExpectHas(*files, {branch_[1]});
}

TEST_P(BlockFilesTest, FilesThatArePrunedAway) {
    directory_.AppendRecord(0, genesis_);
    for (std::uint32_t i = 0; i < 10; ++i) directory_.AppendRecord(i + 1, branch_[i]);
    const auto files = Open();
    ExpectQuiet(files->Refresh(), 11);
    std::filesystem::remove(directory_.PathOf(0));
    std::filesystem::remove(directory_.PathOf(1));
    ExpectQuiet(files->Refresh(), 0);
    const auto gone = files->Read(*files->Find(HashOf(genesis_)));
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().file, directory_.PathOf(0));
    // What is left is found by a newcomer, though it makes no chain.
    const auto late = Open();
    ExpectQuiet(late->Refresh(), 9);
    EXPECT_TRUE(late->BestChain(Regtest().genesis).empty());
    ExpectHas(*late, {branch_[1], branch_[9]});
}

TEST_P(BlockFilesTest, RefusesAnotherNetwork) {
    directory_.AppendRecord(0, genesis_);
    const auto refused =
        BlockFiles::Open(*index::FindCoin("bitcoin", "mainnet"), directory_.Path());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().file, directory_.PathOf(0));
    EXPECT_NE(refused.error().what.find("does not begin with a block of mainnet"),
              std::string::npos);
    EXPECT_FALSE(BlockFiles::Open(Regtest(), directory_.Path() / "missing"));
    // Other files do not disturb.
    for (const char* name : {"blk0000.dat", "blk0000x.dat", "blk00000.dat.bak", "rev00001.dat"})
        std::ofstream(directory_.Path() / name) << "nonsense";
    ExpectQuiet(Open()->Refresh(), 1);
}

TEST_P(BlockFilesTest, AFileOfAnotherNetworkAmongOursIsLeftOut) {
    directory_.AppendRecord(0, genesis_);
    directory_.Append(1, RecordHead(300, *index::FindCoin("bitcoin", "signet")));
    directory_.AppendRecord(1, branch_[0]);
    directory_.AppendRecord(2, branch_[1]);
    const auto files = Open();
    EXPECT_EQ(OnlyProblem(files->Refresh(), 0), "block of another network: signet");
    EXPECT_FALSE(files->Find(HashOf(branch_[0])));
    ExpectHas(*files, {genesis_, branch_[1]});
}

TEST_P(BlockFilesTest, StopsWhenAskedAndGoesOn) {
    directory_.AppendRecord(0, genesis_);
    const auto files = Open();
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(files->Refresh(stop.get_token()).blocks, 0u);
    ExpectQuiet(files->Refresh(), 1);
}

TEST_P(BlockFilesTest, ReadersBesideARefresh) {
    directory_.AppendRecord(0, genesis_);
    const auto files = Open();
    files->Refresh();
    std::jthread reader([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            for (const Bytes& block : branch_) {
                const auto position = files->Find(HashOf(block));
                if (!position) continue;
                EXPECT_EQ(*files->Read(*position), block);
            }
            (void)files->BestChain(Regtest().genesis);
        }
    });
    for (const Bytes& block : branch_) {
        directory_.AppendRecord(0, block);
        files->Refresh();
    }
    reader.request_stop();
    reader.join();
    EXPECT_EQ(Chain(*files).size(), branch_.size() + 1);
}

TEST(BlockFiles, RefreshOfOldFilesFindsAllAndThenIsCheap) {
    BlockDirectory directory;
    const auto branch = MineBranch(HashOf(GenesisBlock()), 300, 1);
    for (std::uint32_t file = 0; file < 300; ++file) directory.AppendRecord(file, branch[file]);
    // Not just now: then files are looked at again to be sure.
    const auto before = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
    for (std::uint32_t file = 0; file < 300; ++file)
        std::filesystem::last_write_time(directory.PathOf(file), before);
    std::filesystem::last_write_time(directory.Path(), before);
    const auto files = *BlockFiles::Open(Regtest(), directory.Path());
    EXPECT_EQ(files->Refresh().blocks, 300u);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i) files->Refresh();
    const auto each = (std::chrono::steady_clock::now() - begin) / 1000;
    RecordProperty("ns", std::to_string(each.count()));
    EXPECT_LT(each, std::chrono::milliseconds(1));
}

}  // namespace
}  // namespace amber::daemon_client
