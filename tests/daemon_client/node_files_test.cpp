#include "daemon_client/node_files.h"

#include <gtest/gtest.h>

#include <future>

#include "daemon_client/json_text.h"
#include "daemon_client/wallet_gateway.h"
#include "index/chain/hex.h"
#include "tests/daemon_client/block_files/block_directory.h"
#include "tests/daemon_client/rpc_fixture.h"

namespace amber::daemon_client {
namespace {

using index::Bytes;
using index::Txid;
using Place = index::WalletNode::Place;
using Hex = std::optional<std::string>;

class NodeFilesTest : public ::testing::Test, public RpcFixture {
protected:
    NodeFilesTest() {
        for (std::uint64_t i = 0; i < 5; ++i) txs_.push_back(index::RandomTx(i));
        block_ = MineBlock({}, 1, txs_);
        directory_.AppendRecord(0, block_);
        node.SetMethod("getrpcinfo", [this](const auto&) {
            return R"({"active_commands":[],"logpath":)" +
                   JsonQuote(directory_.LogPath().string()) + "}";
        });
    }
    NodeFiles& Start(NodeOptions with = QuickOptions()) {
        files_ = std::make_unique<NodeFiles>(Regtest(), with, client);
        files_->Start();
        return *files_;
    }
    Hex Get(const Txid& txid, const Place& place) {
        std::promise<Hex> promise;
        files_->Get(txid, place, [&](Hex hex) { promise.set_value(std::move(hex)); });
        return promise.get_future().get();
    }
    Hex Get(std::uint32_t position) { return Get(TxidOf(position), {HashOf(block_), position}); }
    [[nodiscard]] Txid TxidOf(std::size_t i) const {
        return Regtest().codec->ParseTransaction(Raw(i))->txid;
    }
    [[nodiscard]] Bytes Raw(std::size_t i) const { return txs_[i].Write(txs_[i].HasWitness()); }

    BlockDirectory directory_{std::array<std::uint8_t, 8>{1, 2, 3, 4, 5, 6, 7, 8}};
    std::vector<index::RawTx> txs_;
    Bytes block_;
    std::unique_ptr<NodeFiles> files_;
};

TEST_F(NodeFilesTest, FromWhereTheNodeSays) {
    Start();
    ASSERT_TRUE(Eventually([&] { return Get(0).has_value(); }));
    EXPECT_EQ(files_->Directory(), directory_.Path());
    for (std::uint32_t i = 0; i < txs_.size(); ++i) EXPECT_EQ(Get(i), index::ToHex(Raw(i)));
    // Not there, or not what it should be: for the node to answer.
    EXPECT_EQ(Get(TxidOf(0), {HashOf(block_), 1}), std::nullopt);
    EXPECT_EQ(Get(TxidOf(0), {HashOf(block_), 5}), std::nullopt);
    EXPECT_EQ(Get(TxidOf(0), {index::BlockHash{}, 0}), std::nullopt);
}

TEST_F(NodeFilesTest, BlocksInTheOrderAskedOrNone) {
    const Bytes next = MineBlock(HashOf(block_), 2);
    directory_.AppendRecord(0, next);
    Start();
    using Blocks = std::optional<std::vector<Bytes>>;
    const auto get = [&](std::vector<index::BlockHash> hashes) {
        std::promise<Blocks> promise;
        files_->GetBlocks(std::move(hashes),
                          [&](Blocks blocks) { promise.set_value(std::move(blocks)); });
        return promise.get_future().get();
    };
    ASSERT_TRUE(Eventually([&] { return get({HashOf(next)}).has_value(); }));
    EXPECT_EQ(get({HashOf(next), HashOf(block_)}), (std::vector{next, block_}));
    EXPECT_EQ(get({HashOf(next), index::BlockHash{}}), std::nullopt);
}

TEST_F(NodeFilesTest, NewBlocksAreSeen) {
    Start();
    ASSERT_TRUE(Eventually([&] { return Get(0).has_value(); }));
    const Bytes next = MineBlock(HashOf(block_), 2, {txs_[3]});
    const Place place{HashOf(next), 0};
    EXPECT_EQ(Get(TxidOf(3), place), std::nullopt);
    directory_.AppendRecord(0, next);
    files_->OnTip();
    EXPECT_TRUE(Eventually([&] { return Get(TxidOf(3), place).has_value(); }));
    // Also when nobody tells: a miss makes it look again.
    const Bytes third = MineBlock(HashOf(next), 3, {txs_[4]});
    directory_.AppendRecord(1, third);
    EXPECT_TRUE(Eventually([&] { return Get(TxidOf(4), {HashOf(third), 0}).has_value(); }));
}

TEST_F(NodeFilesTest, OnlyTheDirectoryNamed) {
    NodeOptions named = QuickOptions();
    named.blocks_dir = directory_.Path();
    Start(named);
    EXPECT_TRUE(Eventually([&] { return Get(2).has_value(); }));
    EXPECT_EQ(node.Calls("getrpcinfo"), 0);
    // A wrong one is not made up for.
    named.blocks_dir = directory_.Path() / "missing";
    Start(named);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(Get(2), std::nullopt);
    EXPECT_EQ(node.Calls("getrpcinfo"), 0);
}

TEST_F(NodeFilesTest, OffMeansOff) {
    NodeOptions off = QuickOptions();
    off.use_block_files = false;
    off.blocks_dir = directory_.Path();
    Start(off).OnTip();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(Get(0), std::nullopt);
    EXPECT_EQ(files_->Directory(), "");
}

TEST_F(NodeFilesTest, NodesThatAreElsewhereOrSayNothing) {
    for (const char* info : {R"({"logpath":"/nonexistent/debug.log"})", R"({"logpath":5})",
                             R"({"logpath":"debug.log"})", "{}", "[]"}) {
        node.SetMethod("getrpcinfo", [info](const auto&) { return info; });
        const int before = node.Calls("getrpcinfo");
        Start();
        ASSERT_TRUE(Eventually([&] { return node.Calls("getrpcinfo") > before; }));
        EXPECT_EQ(Get(0), std::nullopt) << info;
        files_->Stop();
    }
}

TEST_F(NodeFilesTest, FollowsADaemonToItsFiles) {
    Start();
    ASSERT_TRUE(Eventually([&] { return Get(0).has_value(); }));
    BlockDirectory other;
    other.AppendRecord(0, block_);
    node.SetMethod("getrpcinfo", [&](const auto&) {
        return R"({"logpath":)" + JsonQuote(other.LogPath().string()) + "}";
    });
    node.Shutdown();
    (void)client.Wait({"getblockcount"}, {});
    node.Start();
    ASSERT_TRUE(Eventually([&] { return client.Wait({"getblockcount"}, {}).has_value(); }));
    EXPECT_TRUE(Eventually([&] {
        files_->OnTip();
        return files_->Directory() == other.Path();
    }));
    EXPECT_EQ(Get(1), index::ToHex(Raw(1)));
}

TEST_F(NodeFilesTest, EachRequestIsAnsweredOnceAlsoWhenStopped) {
    Start();
    ASSERT_TRUE(Eventually([&] { return Get(0).has_value(); }));
    constexpr int kRequests = 6000;
    std::vector<std::atomic<int>> answers(kRequests);
    std::thread asking([&] {
        for (int i = 0; i < kRequests; ++i)
            files_->Get(TxidOf(1), {HashOf(block_), 1},
                        [&answers, i](const Hex&) { ++answers[i]; });
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    client.Stop();
    files_->Stop();
    asking.join();
    files_.reset();
    for (const auto& count : answers) ASSERT_EQ(count, 1);
}

TEST_F(NodeFilesTest, TheGatewayAsksTheNodeForTheRest) {
    WalletGateway wallet(client, Start());
    ASSERT_TRUE(Eventually([&] { return Get(0).has_value(); }));
    node.SetMethod("getrawtransaction", [](const auto&) { return "\"00ff\""; });
    const auto ask = [&](std::optional<Place> place) {
        std::promise<index::NodeResult<std::string>> promise;
        wallet.RawTransaction(TxidOf(2), place,
                              [&](auto result) { promise.set_value(std::move(result)); });
        return *promise.get_future().get();
    };
    EXPECT_EQ(ask(Place{HashOf(block_), 2}), index::ToHex(Raw(2)));
    EXPECT_EQ(node.Calls("getrawtransaction"), 0);
    EXPECT_EQ(ask(Place{HashOf(block_), 3}), "00ff");
    EXPECT_EQ(ask(Place{index::BlockHash{}, 2}), "00ff");
    EXPECT_EQ(ask({}), "00ff");
    EXPECT_EQ(node.Calls("getrawtransaction"), 3);
}

}  // namespace
}  // namespace amber::daemon_client
