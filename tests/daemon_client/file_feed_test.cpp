#include "daemon_client/file_feed.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <thread>

#include "tests/daemon_client/block_files/block_directory.h"
#include "tests/daemon_client/rpc_fixture.h"
#include "tests/generator/block_builder.h"

namespace amber::daemon_client {
namespace {

using generator::GenesisBlock;
using index::Block;
using index::BlockHash;
using index::Bytes;
using index::Height;
using Contents = index::BlockArchive::Contents;
using Have = index::BlockArchive::Have;

class FileFeedTest : public ::testing::Test {
protected:
    FileFeedTest() {
        chain_ = MineBranch(HashOf(GenesisBlock()), 40, 100);
        chain_.insert(chain_.begin(), GenesisBlock());
    }
    FileFeed& Open(const FileFeedOptions& options = {}) {
        auto opened = FileFeed::Open(Regtest(), {directory_.Path()}, options);
        EXPECT_TRUE(opened) << opened.error().Text();
        feed_ = std::move(*opened);
        return *feed_;
    }
    Contents Look(const std::optional<Have>& have = {}) { return feed_->Look(have, {}, {}); }
    /// As an index that has these blocks.
    static Have HaveOf(const std::vector<Bytes>& chain) {
        return {{static_cast<std::uint32_t>(chain.size() - 1)},
                [chain](Height height) { return HashOf(chain.at(height.value)); }};
    }
    /// All that comes from `first` on, in pieces of about `max_bytes`.
    std::vector<BlockHash> TakeAll(std::uint32_t first, std::size_t max_bytes = 1000) {
        std::vector<BlockHash> hashes;
        feed_->Restart({first});
        for (;;) {
            const auto blocks = feed_->Take(max_bytes, std::chrono::seconds(20));
            if (blocks.empty()) return hashes;
            for (const Block& block : blocks) hashes.push_back(block.hash);
        }
    }
    static std::vector<BlockHash> Hashes(const std::vector<Bytes>& blocks, std::size_t from = 0) {
        std::vector<BlockHash> hashes;
        for (std::size_t i = from; i < blocks.size(); ++i) hashes.push_back(HashOf(blocks[i]));
        return hashes;
    }
    /// Of the blocks from this one to the last.
    [[nodiscard]] std::uint64_t BytesOf(std::size_t first) const {
        std::uint64_t bytes = 0;
        for (std::size_t i = first; i < chain_.size(); ++i) bytes += chain_[i].size();
        return bytes;
    }

    BlockDirectory directory_{std::array<std::uint8_t, 8>{9, 8, 7, 6, 5, 4, 3, 2}};
    std::vector<Bytes> chain_;
    std::unique_ptr<FileFeed> feed_;
};

/// Acceptance check b.4, 3 and 4: a node writes blocks as they arrive.
TEST_F(FileFeedTest, ShuffledOverFilesWithAStaleBranch) {
    const unsigned seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::vector<Bytes> blocks = chain_;
    for (const Bytes& stale : MineBranch(HashOf(chain_[30]), 5, 900)) blocks.push_back(stale);
    std::shuffle(blocks.begin(), blocks.end(), random);
    for (std::size_t i = 0; i < blocks.size(); ++i)
        directory_.AppendRecord(static_cast<std::uint32_t>(i / 9), blocks[i]);
    directory_.AppendZeros(4, 5000);

    for (const std::size_t ahead : {std::size_t{1}, std::size_t{2000}, std::size_t{1} << 20}) {
        Open({.ahead_bytes = ahead, .threads = 3});
        const auto contents = Look();
        EXPECT_TRUE(contents.problems.empty());
        EXPECT_EQ(contents.blocks, 46u);
        EXPECT_EQ(contents.to_come, 41u);
        EXPECT_EQ(contents.aside, 5u);
        EXPECT_EQ(feed_->Tip()->height.value, 40u);
        EXPECT_EQ(feed_->Tip()->hash, HashOf(chain_.back()));
        EXPECT_EQ(*feed_->Hashes({0}, 1000), Hashes(chain_));
        EXPECT_EQ(TakeAll(0, 1 + random() % 5000), Hashes(chain_));
        EXPECT_EQ(TakeAll(17), Hashes(chain_, 17)) << "after a restart";
        EXPECT_EQ(feed_->Damage(), std::nullopt);
    }
}

TEST_F(FileFeedTest, GoesOnFromWhatTheIndexHas) {
    for (const Bytes& block : chain_) directory_.AppendRecord(0, block);
    Open();
    auto contents = Look(HaveOf({chain_.begin(), chain_.begin() + 21}));
    EXPECT_EQ(contents.known, 21u);
    EXPECT_EQ(contents.to_come, 20u);
    EXPECT_EQ(contents.first.value, 21u);
    EXPECT_EQ(feed_->BytesToCome(), BytesOf(21));
    EXPECT_EQ(TakeAll(21), Hashes(chain_, 21));

    Open();
    contents = Look(HaveOf(chain_));
    EXPECT_EQ(contents.known, 41u);
    EXPECT_EQ(contents.to_come, 0u);

    // An index on another branch, longer or shorter than ours.
    for (const std::size_t length : {3u, 40u}) {
        std::vector<Bytes> other(chain_.begin(), chain_.begin() + 16);
        for (const Bytes& block : MineBranch(HashOf(other.back()), length, 700))
            other.push_back(block);
        Open();
        contents = Look(HaveOf(other));
        EXPECT_EQ(contents.known, 16u);
        EXPECT_EQ(contents.first.value, 16u);
        EXPECT_EQ(contents.to_come, 25u);
        EXPECT_EQ(feed_->BytesToCome(), BytesOf(16));
    }
}

TEST_F(FileFeedTest, FilesThatBeginWhereTheIndexEnds) {
    for (std::size_t i = 11; i < chain_.size(); ++i) directory_.AppendRecord(3, chain_[i]);
    for (const std::size_t has : {11u, 15u}) {
        Open();
        const auto contents = Look(HaveOf({chain_.begin(), chain_.begin() + has}));
        EXPECT_TRUE(contents.problems.empty());
        EXPECT_EQ(contents.known, has - 11u);
        EXPECT_EQ(contents.to_come, 41 - has);
        EXPECT_EQ(feed_->BytesToCome(), BytesOf(has));
        EXPECT_EQ(feed_->Tip()->height.value, 40u);
        EXPECT_EQ(TakeAll(static_cast<std::uint32_t>(has)), Hashes(chain_, has));
    }
}

/// Acceptance check b.4, 3: an orphan names its parent.
TEST_F(FileFeedTest, AMissingParentIsNamedWithFileAndByte) {
    for (std::size_t i = 0; i < 10; ++i) directory_.AppendRecord(0, chain_[i]);
    const auto at = directory_.AppendRecord(1, chain_[12]);
    for (std::size_t i = 13; i < chain_.size(); ++i) directory_.AppendRecord(1, chain_[i]);
    Open();
    const auto contents = Look();
    EXPECT_EQ(contents.to_come, 10u);
    EXPECT_EQ(contents.stranded, 29u);
    ASSERT_EQ(contents.problems.size(), 1u);
    const std::string wanted = directory_.PathOf(1).string() + ": byte " + std::to_string(at + 8) +
                               ": block " + ToDisplayHex(HashOf(chain_[12])) + " follows block " +
                               ToDisplayHex(HashOf(chain_[11])) + ", which is missing";
    EXPECT_TRUE(contents.problems[0].starts_with(wanted)) << contents.problems[0];
    EXPECT_EQ(TakeAll(0), Hashes({chain_.begin(), chain_.begin() + 10}));
}

TEST_F(FileFeedTest, WithoutTheGenesisBlockNothingCanBeTaken) {
    for (std::size_t i = 1; i < chain_.size(); ++i) directory_.AppendRecord(0, chain_[i]);
    Open();
    const auto contents = Look();
    EXPECT_EQ(contents.to_come, 0u);
    EXPECT_EQ(contents.stranded, 40u);
    ASSERT_EQ(contents.problems.size(), 1u);
    EXPECT_FALSE(feed_->Tip());
    EXPECT_TRUE(TakeAll(0).empty());
}

/// Acceptance check b.4, 5: a flipped bit; all before it is kept.
TEST_F(FileFeedTest, ADamagedBlockEndsTheChain) {
    std::vector<std::uint64_t> places;
    for (const Bytes& block : chain_) places.push_back(directory_.AppendRecord(0, block));
    const std::size_t flipped = chain_[25].size() - 20;  // within its only transaction
    directory_.Overwrite(0, places[25] + 8 + flipped,
                         std::vector{static_cast<std::uint8_t>(chain_[25][flipped] ^ 4)});
    Open();
    EXPECT_TRUE(Look().problems.empty()) << "the header is whole";
    EXPECT_EQ(TakeAll(0), Hashes({chain_.begin(), chain_.begin() + 25}));
    EXPECT_EQ(feed_->Tip()->height.value, 24u);
    ASSERT_TRUE(feed_->Damage());
    EXPECT_TRUE(feed_->Damage()->starts_with(directory_.PathOf(0).string() + ": byte " +
                                             std::to_string(places[25] + 8) + ": bad block " +
                                             ToDisplayHex(HashOf(chain_[25]))))
        << *feed_->Damage();

    Open({.merkle_roots = MerkleRoots::trust});
    Look();
    EXPECT_EQ(TakeAll(0).size(), 41u) << "nobody looked";
}

TEST_F(FileFeedTest, AFileThatLostItsEndMeanwhile) {
    std::vector<std::uint64_t> places;
    for (const Bytes& block : chain_) places.push_back(directory_.AppendRecord(0, block));
    Open();
    Look();
    directory_.Truncate(0, places[30] + 50);
    // Runs reach over the end: none of the last run can be had.
    const auto got = TakeAll(0);
    EXPECT_LE(got.size(), 30u);
    EXPECT_EQ(got,
              Hashes({chain_.begin(), chain_.begin() + static_cast<std::ptrdiff_t>(got.size())}));
    EXPECT_TRUE(feed_->Damage());
}

/// Stands in for a file, and shows when somebody opens it to read.
class TrappedFile {
public:
    explicit TrappedFile(std::filesystem::path path)
        : path_(std::move(path)), aside_(path_.string() + ".aside") {
        std::filesystem::rename(path_, aside_);
        if (::mkfifo(path_.c_str(), 0600) != 0) throw std::runtime_error("mkfifo failed");
    }
    ~TrappedFile() {
        (void)IsBeingRead();
        std::filesystem::rename(aside_, path_);
    }
    /// Lets the reader go, who then finds no bytes.
    [[nodiscard]] bool IsBeingRead() const {
        const int fd = ::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0) ::close(fd);
        return fd >= 0;
    }

private:
    const std::filesystem::path path_, aside_;
};

/// Acceptance check b.4, 14, counted and not timed: while the taker is busy with what it has, the
/// feed reads on, as far as its bound and no further.
TEST_F(FileFeedTest, Check14_ReadsOnWhileTheTakerIsBusyAsFarAsTheBound) {
    // Each block is a run, as each is in a file of its own.
    for (std::size_t i = 0; i < chain_.size(); ++i)
        directory_.AppendRecord(static_cast<std::uint32_t>(i), chain_[i]);
    for (const std::uint32_t ahead : {1u, 5u, 20u}) {
        SCOPED_TRACE(ahead);
        const std::size_t bound = BytesOf(1) - BytesOf(1 + ahead);
        Open({.ahead_bytes = bound, .threads = 1});
        Look();
        {
            const TrappedFile last_within(directory_.PathOf(ahead));
            ASSERT_EQ(feed_->Take(1, std::chrono::seconds(20)).size(), 1u);
            EXPECT_TRUE(Eventually([&] { return last_within.IsBeingRead(); })) << "nobody asked";
            feed_.reset();
        }
        Open({.ahead_bytes = bound, .threads = 1});
        Look();
        const TrappedFile first_beyond(directory_.PathOf(ahead + 1));
        ASSERT_EQ(feed_->Take(1, std::chrono::seconds(20)).size(), 1u);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        EXPECT_FALSE(first_beyond.IsBeingRead()) << "the bound is passed";
        ASSERT_EQ(feed_->Take(1, std::chrono::seconds(20)).size(), 1u);
        EXPECT_TRUE(Eventually([&] { return first_beyond.IsBeingRead(); }));
        feed_.reset();
    }
}

TEST_F(FileFeedTest, FilesOfAnyNameAreReadAsTheyStand) {
    const auto bootstrap = directory_.Path() / "bootstrap.dat";
    std::ofstream out(bootstrap, std::ios::binary);
    for (const Bytes& block : chain_) {
        const Bytes head = RecordHead(static_cast<std::uint32_t>(block.size()));
        out.write(reinterpret_cast<const char*>(head.data()),
                  static_cast<std::streamsize>(head.size()));
        out.write(reinterpret_cast<const char*>(block.data()),
                  static_cast<std::streamsize>(block.size()));
    }
    out.close();
    auto opened = FileFeed::Open(Regtest(), {bootstrap}, {});
    ASSERT_TRUE(opened);
    feed_ = std::move(*opened);
    EXPECT_TRUE(Look().problems.empty());
    EXPECT_EQ(TakeAll(0), Hashes(chain_));
}

TEST_F(FileFeedTest, WhatIsNotThereIsNamed) {
    const auto nothing = FileFeed::Open(Regtest(), {directory_.Path() / "no"}, {});
    ASSERT_FALSE(nothing);
    EXPECT_NE(nothing.error().Text().find("no: there is no such file"), std::string::npos);
    const auto empty = FileFeed::Open(Regtest(), {directory_.Path()}, {});
    ASSERT_FALSE(empty);
    EXPECT_NE(empty.error().Text().find("has no files blk?????.dat"), std::string::npos);
}

}  // namespace
}  // namespace amber::daemon_client
