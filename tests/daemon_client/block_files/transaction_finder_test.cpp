#include "daemon_client/block_files/transaction_finder.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/daemon_client/block_files/block_directory.h"

namespace amber::daemon_client {
namespace {

using index::BlockHash;
using index::Bytes;
using index::RawTx;

std::vector<RawTx> RandomTxs(std::size_t count, std::uint64_t seed) {
    std::vector<RawTx> txs;
    for (std::size_t i = 0; i < count; ++i) txs.push_back(index::RandomTx(seed * 1000 + i));
    return txs;
}

class TransactionFinderTest : public ::testing::Test {
protected:
    TransactionFinderTest() {
        for (std::uint32_t i = 0; i < 20; ++i) {
            txs_.push_back(RandomTxs(1 + 5 * i, i));
            blocks_.push_back(MineBlock(BlockHash{}, i, txs_.back()));
            directory_.AppendRecord(i / 7, blocks_.back());
        }
        files_ = *BlockFiles::Open(Regtest(), directory_.Path());
        files_->Refresh();
    }
    void ExpectAll(TransactionFinder& finder, std::uint32_t stride) const {
        for (std::size_t step = 0; step < blocks_.size(); ++step) {
            const std::size_t i = step * stride % blocks_.size();
            for (std::uint32_t place = 0; place < txs_[i].size(); ++place) {
                const auto found = finder.Find(HashOf(blocks_[i]), place);
                ASSERT_TRUE(found) << found.error().Text();
                EXPECT_EQ(*found, txs_[i][place].Write(txs_[i][place].HasWitness()));
            }
            for (const std::uint32_t past :
                 {static_cast<std::uint32_t>(txs_[i].size()), 0x7fffffffu, 0xffffffffu})
                EXPECT_EQ(*finder.Find(HashOf(blocks_[i]), past), std::nullopt);
        }
    }

    BlockDirectory directory_{std::array<std::uint8_t, 8>{9, 8, 7, 6, 5, 4, 3, 2}};
    std::vector<std::vector<RawTx>> txs_;
    std::vector<Bytes> blocks_;
    std::unique_ptr<BlockFiles> files_;
};

TEST_F(TransactionFinderTest, EveryTransactionFirstAndAgain) {
    TransactionFinder finder(*files_, Regtest());
    ExpectAll(finder, 1);
    ExpectAll(finder, 7);
    EXPECT_EQ(*finder.Find(BlockHash{}, 0), std::nullopt);
}

TEST_F(TransactionFinderTest, RemembersWithinItsBound) {
    TransactionFinder finder(*files_, Regtest(), 1500);
    ExpectAll(finder, 1);
    ExpectAll(finder, 3);
    EXPECT_LE(finder.BytesHeld(), 1500u);
    EXPECT_GT(finder.BytesHeld(), 0u);
    TransactionFinder none(*files_, Regtest(), 0);
    ExpectAll(none, 1);
    EXPECT_EQ(none.BytesHeld(), 0u);
}

TEST_F(TransactionFinderTest, ManyThreads) {
    TransactionFinder finder(*files_, Regtest(), 3000);
    std::vector<std::jthread> threads;
    for (const std::uint32_t stride : {1u, 3u, 7u, 9u})
        threads.emplace_back([this, &finder, stride] { ExpectAll(finder, stride); });
}

TEST_F(TransactionFinderTest, DamageIsNamedAndNotRemembered) {
    TransactionFinder finder(*files_, Regtest());
    const auto position = *files_->Find(HashOf(blocks_[5]));
    const Bytes nonsense(300, 0xff);
    directory_.Overwrite(position.file, position.offset + 90, nonsense);
    for (int round = 0; round < 2; ++round) {
        const auto found = finder.Find(HashOf(blocks_[5]), 1);
        ASSERT_FALSE(found);
        EXPECT_EQ(found.error().file, directory_.PathOf(position.file));
        EXPECT_GE(found.error().offset, position.offset);
        EXPECT_EQ(finder.BytesHeld(), 0u);
    }
    directory_.Overwrite(position.file, position.offset, nonsense);
    EXPECT_NE(finder.Find(HashOf(blocks_[5]), 1).error().what.find("not here any more"),
              std::string::npos);
    directory_.Overwrite(position.file, position.offset, blocks_[5]);
    EXPECT_TRUE(finder.Find(HashOf(blocks_[5]), 1)->has_value());
    directory_.Truncate(position.file, position.offset + 100);
    EXPECT_FALSE(finder.Find(HashOf(blocks_[5]), 1));
}

}  // namespace
}  // namespace amber::daemon_client
