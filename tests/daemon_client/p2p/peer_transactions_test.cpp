#include "daemon_client/p2p/peer_transactions.h"

#include <gtest/gtest.h>

#include <future>

#include "index/chain/hex.h"
#include "tests/daemon_client/p2p/fetcher_fixture.h"
#include "tests/daemon_client/rpc_fixture.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::Block;
using index::Bytes;
using index::NodeError;
using index::NodeResult;

/// Blocks with real transactions, behind peers that a test can make lie.
class PeerTransactionsTest : public FetcherTest {
protected:
    PeerTransactionsTest() : FetcherTest(RealChain(), 50ms) {
        for (const auto& raw : chain_.blocks) blocks_.push_back(*Regtest().codec->ParseBlock(*raw));
    }
    static FakeChain RealChain() {
        FakeChain chain;
        chain.blocks.clear();
        chain.hashes.clear();
        for (const Bytes& raw : test::MakeChain(30)) {
            chain.blocks.push_back(std::make_shared<const Bytes>(raw));
            chain.hashes.push_back(test::HashOfBlock(raw));
        }
        return chain;
    }
    std::future<NodeResult<std::string>> Begin(std::size_t height, std::uint32_t position = 0) {
        auto promise = std::make_shared<std::promise<NodeResult<std::string>>>();
        const Block& block = blocks_[height];
        transactions_.Get(block.txs[std::min<std::size_t>(position, block.txs.size() - 1)].txid,
                          {block.hash, position}, [promise](NodeResult<std::string> answer) {
                              promise->set_value(std::move(answer));
                          });
        return promise->get_future();
    }
    NodeResult<std::string> Get(std::size_t height, std::uint32_t position = 0) {
        return Begin(height, position).get();
    }
    void ExpectTx(const NodeResult<std::string>& answer, std::size_t height) const {
        ASSERT_TRUE(answer.has_value()) << answer.error().message;
        const Block& block = blocks_[height];
        EXPECT_EQ(*answer, index::ToHex(block.RawTx(block.txs[0])));
    }

    std::vector<Block> blocks_;
    PeerTransactions transactions_{Regtest(), fetcher_};
};

TEST_F(PeerTransactionsTest, CutsThemOutOfBlocks) {
    Connect();
    for (std::size_t height = 0; height < blocks_.size(); ++height) ExpectTx(Get(height), height);
}

TEST_F(PeerTransactionsTest, AFewBlocksAreKept) {
    const auto peer = Connect();
    for (int round = 0; round < 3; ++round)
        for (std::size_t height = 1; height <= PeerTransactions::kKeptMax; ++height)
            ExpectTx(Get(height), height);
    EXPECT_EQ(peer->BlocksSent(), PeerTransactions::kKeptMax);
    ExpectTx(Get(20), 20);
    ExpectTx(Get(2), 2);
    EXPECT_EQ(peer->BlocksSent(), PeerTransactions::kKeptMax + 1);
    ExpectTx(Get(1), 1);  // not asked for longest
    EXPECT_EQ(peer->BlocksSent(), PeerTransactions::kKeptMax + 2);
}

TEST_F(PeerTransactionsTest, ABlockThatIsComingIsAskedForOnce) {
    const auto peer = Connect({.block_time = 20ms});
    std::vector<std::future<NodeResult<std::string>>> answers;
    for (int i = 0; i < 10; ++i) answers.push_back(Begin(5));
    for (auto& answer : answers) ExpectTx(answer.get(), 5);
    EXPECT_EQ(peer->BlocksSent(), 1U);
}

TEST_F(PeerTransactionsTest, MoreThanTheBoundsIsRefused) {
    Connect({.silent = true, .timeout = 60s});
    std::vector<std::future<NodeResult<std::string>>> answers;
    for (std::size_t i = 0; i < PeerTransactions::kBlocksMax; ++i) answers.push_back(Begin(i));
    const auto refused = Get(PeerTransactions::kBlocksMax);
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().kind, NodeError::Kind::overloaded);
    while (answers.size() < PeerTransactions::kWaitingMax) answers.push_back(Begin(0));
    EXPECT_EQ(Get(0).error().kind, NodeError::Kind::overloaded);
    fetcher_.Stop();
    for (auto& answer : answers) EXPECT_EQ(answer.get().error().kind, NodeError::Kind::stopped);
}

TEST_F(PeerTransactionsTest, PrunedPeersAreNamedAsSuch) {
    Connect({.lacks = {chain_.hashes[3]}});
    const auto answer = Get(3);
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().kind, NodeError::Kind::refused);
    EXPECT_EQ(answer.error().code, -1);
    EXPECT_NE(answer.error().message.find("pruned"), std::string::npos);
}

TEST_F(PeerTransactionsTest, WithoutPeersOrInTimeTheyAreUnreachableOrLate) {
    EXPECT_EQ(Get(3).error().kind, NodeError::Kind::unreachable);
    Connect({.silent = true, .timeout = 1ms});
    EXPECT_EQ(Get(3).error().kind, NodeError::Kind::timeout);
}

TEST_F(PeerTransactionsTest, WhatIsNotTheTransactionIsRefusedAndNotKept) {
    const auto peer = Connect({.spoils_blocks = true});
    const auto spoilt = Get(3);
    ASSERT_TRUE(spoilt.has_error());
    EXPECT_EQ(spoilt.error().kind, NodeError::Kind::malformed);
    peer->SetFaults({});
    EXPECT_TRUE(Eventually([&] { return Get(3).has_value(); })) << "it is forgotten a moment later";
    ExpectTx(Get(3), 3);
    EXPECT_EQ(Get(3, 7).error().kind, NodeError::Kind::malformed) << "there are not so many";
}

}  // namespace
}  // namespace amber::daemon_client
