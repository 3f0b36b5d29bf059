#include "daemon_client/file_feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "tests/daemon_client/block_files/block_directory.h"
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
    std::size_t bytes = 0;
    for (std::size_t i = 21; i < chain_.size(); ++i) bytes += chain_[i].size();
    EXPECT_EQ(feed_->BytesToCome(), bytes);
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
    EXPECT_NE(nothing.error().Text().find("no: byte 0: there is no such file"), std::string::npos);
    const auto empty = FileFeed::Open(Regtest(), {directory_.Path()}, {});
    ASSERT_FALSE(empty);
    EXPECT_NE(empty.error().Text().find("has no files blk?????.dat"), std::string::npos);
}

}  // namespace
}  // namespace amber::daemon_client
