#include "daemon_client/absent_rpc.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/daemon_client/regtest.h"

namespace amber::daemon_client {
namespace {

using index::NodeError;
using index::NodeResult;
using index::NodeTip;

struct StagedFeed : index::BlockFeed {
    NodeResult<NodeTip> Tip() override { return tip; }
    NodeResult<std::vector<index::BlockHash>> Hashes(index::Height, std::size_t) override {
        return std::vector<index::BlockHash>();
    }
    void Restart(index::Height) override {}
    std::vector<index::Block> Take(std::size_t, std::chrono::milliseconds) override { return {}; }

    NodeResult<NodeTip> tip = NodeTip{};
};

TEST(EmptyMempool, IsEmptyAtTheTipOfTheFeed) {
    StagedFeed feed;
    NodeTip tip;
    tip.hash.bytes[0] = 7;
    feed.tip = tip;
    EmptyMempool mempool(feed);
    const auto listing = mempool.List();
    ASSERT_TRUE(listing);
    EXPECT_EQ(listing->tip, tip.hash);
    EXPECT_TRUE(listing->txids.empty());
    const std::array<index::Txid, 2> txids{};
    EXPECT_EQ(mempool.Fetch(txids)->size(), 2u);
}

TEST(EmptyMempool, HandsOnWhyThereIsNoTip) {
    StagedFeed feed;
    feed.tip = NodeError{NodeError::Kind::unreachable, 0, "nobody"};
    const auto listing = EmptyMempool(feed).List();
    ASSERT_TRUE(listing.has_error());
    EXPECT_EQ(listing.error().message, "nobody");
}

TEST(AbsentWalletNode, RefusesAllButTransactionsOfBlocksAtOnce) {
    PeerFetcher fetcher(Regtest());
    PeerTransactions transactions(Regtest(), fetcher);
    AbsentWalletNode node(transactions);
    int refused = 0;
    const auto expect = [&](const auto& answer) {
        EXPECT_TRUE(answer.has_error() && answer.error().kind == NodeError::Kind::absent);
        ++refused;
    };
    node.Broadcast("00", expect);
    node.BroadcastPackage({"00"}, expect);
    node.TestAccept({"00"}, expect);
    node.EstimateFee(2, "", expect);
    node.GetFeeFloors(expect);
    node.RawTransaction({}, std::nullopt, expect);
    node.VerboseTransaction({}, std::nullopt, expect);
    EXPECT_EQ(refused, 7);
    EXPECT_EQ(node.LastSeenSoftware().version, 0);
}

}  // namespace
}  // namespace amber::daemon_client
