#include "daemon_client/block_fetcher.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/daemon_client/p2p/served_chain_fixture.h"
#include "tests/daemon_client/rpc_fixture.h"
#include "tests/support/bitcoind.h"

namespace amber::daemon_client {
namespace {

using Kind = index::NodeError::Kind;
using Answer = test::FakeNode::Answer;
using Blocks = index::NodeResult<std::vector<index::Bytes>>;

class BlockFetcherTest : public ::testing::Test, public RpcFixture {
protected:
    BlockFetcherTest() { node.SetChain(chain_); }

    static Blocks Fetch(BlockFetcher& fetcher, std::vector<index::BlockHash> hashes) {
        std::promise<Blocks> promise;
        fetcher.Fetch(std::move(hashes),
                      [&](Blocks blocks, auto) { promise.set_value(std::move(blocks)); });
        return promise.get_future().get();
    }
    index::BlockHash Hash(std::size_t height) { return test::HashOfBlock(chain_[height]); }

    const std::vector<index::Bytes> chain_ = test::MakeChain(5);
};

TEST_F(BlockFetcherTest, TakesRestWhereItIs) {
    node.SetRest(true);
    BlockFetcher fetcher(client, files, Source::automatic);
    EXPECT_EQ(fetcher.InUse(), "");
    EXPECT_EQ(*Fetch(fetcher, {Hash(2)}), (std::vector<index::Bytes>{chain_[2]}));
    EXPECT_EQ(*Fetch(fetcher, {Hash(3)}), (std::vector<index::Bytes>{chain_[3]}));
    EXPECT_EQ(fetcher.InUse(), "rest");
    EXPECT_EQ(node.Calls("/rest"), 1);
    EXPECT_EQ(node.Calls("/rest/block"), 2);
    EXPECT_EQ(node.Calls("getblock"), 0);
}

TEST_F(BlockFetcherTest, TakesRpcElsewhere) {
    BlockFetcher fetcher(client, files, Source::automatic);
    EXPECT_EQ(*Fetch(fetcher, {Hash(2)}), (std::vector<index::Bytes>{chain_[2]}));
    EXPECT_EQ(fetcher.InUse(), "rpc");
    EXPECT_EQ(node.Calls("getblock"), 1);
}

TEST_F(BlockFetcherTest, SeveralAreOneBatch) {
    node.SetRest(true);
    BlockFetcher fetcher(client, files, Source::automatic);
    EXPECT_EQ(*Fetch(fetcher, {Hash(1), Hash(2), Hash(3)}),
              (std::vector{chain_[1], chain_[2], chain_[3]}));
    EXPECT_EQ(node.Calls("/rest/block"), 0);
}

TEST_F(BlockFetcherTest, LooksForRestAgainAfterARestart) {
    BlockFetcher fetcher(client, files, Source::automatic);
    ASSERT_TRUE(Fetch(fetcher, {Hash(2)}).has_value());
    node.Shutdown();
    node.SetRest(true);
    EXPECT_TRUE(Fetch(fetcher, {Hash(2)}).has_error());
    node.Start();
    EXPECT_TRUE(Eventually([&] { return Fetch(fetcher, {Hash(2)}).has_value(); }));
    EXPECT_TRUE(Fetch(fetcher, {Hash(2)}).has_value());
    EXPECT_EQ(fetcher.InUse(), "rest");
}

TEST_F(BlockFetcherTest, NoticesThatRestWentAway) {
    node.SetRest(true);
    BlockFetcher fetcher(client, files, Source::automatic);
    ASSERT_TRUE(Fetch(fetcher, {Hash(2)}).has_value());
    node.SetRest(false);
    EXPECT_EQ(Fetch(fetcher, {Hash(2)}).error().kind, Kind::malformed);
    EXPECT_TRUE(Fetch(fetcher, {Hash(2)}).has_value());
    EXPECT_EQ(fetcher.InUse(), "rpc");
}

TEST_F(BlockFetcherTest, RestOnlySaysWhatToDo) {
    BlockFetcher fetcher(client, files, Source::rest);
    EXPECT_EQ(fetcher.BestBatch().blocks, 1u);
    const auto result = Fetch(fetcher, {Hash(2)});
    ASSERT_TRUE(result.has_error());
    EXPECT_NE(result.error().message.find("-rest=1"), std::string::npos);
}

/// A node without REST, and a peer of the same chain.
class BlockFetcherWithPeers : public ServedChainTest, public RpcFixture {
protected:
    BlockFetcherWithPeers() { node.SetChain(chain_); }

    static PeerSetOptions SpareOptions(std::vector<std::string> addresses) {
        PeerSetOptions with = ImpatientOptions(std::move(addresses));
        with.request_timeout = std::chrono::milliseconds(300);
        return with;
    }
    struct Fetched {
        Blocks blocks;
        std::uint64_t from = 0;
    };
    static Fetched Fetch(BlockFetcher& fetcher, std::vector<index::BlockHash> hashes) {
        std::promise<Fetched> promise;
        fetcher.Fetch(std::move(hashes), [&](Blocks blocks, auto from) {
            promise.set_value({std::move(blocks), from});
        });
        return promise.get_future().get();
    }
    void ExpectBlock(const Fetched& fetched, std::size_t height) const {
        ASSERT_TRUE(fetched.blocks.has_value()) << fetched.blocks.error().message;
        EXPECT_EQ(*fetched.blocks, (std::vector<index::Bytes>{chain_[height]}));
    }
};

TEST_F(BlockFetcherWithPeers, AsksThemWhereThereIsNoRest) {
    SparePeers peers(Regtest(), SpareOptions({good_.Address()}));
    BlockFetcher fetcher(client, files, Source::automatic, &peers);
    EXPECT_TRUE(peers.Status().empty());
    const auto fetched = Fetch(fetcher, {hashes_[2]});
    ExpectBlock(fetched, 2);
    EXPECT_EQ(fetched.from, BlockFetcher::kFromPeers);
    EXPECT_EQ(fetcher.InUse(), "p2p");
    EXPECT_GE(fetcher.BestBatch().bytes, std::size_t{4} << 20);
    EXPECT_EQ(*Fetch(fetcher, {hashes_[3], hashes_[1]}).blocks,
              (std::vector{chain_[3], chain_[1]}));
    EXPECT_EQ(node.Calls("getblock"), 0);
}

TEST_F(BlockFetcherWithPeers, DoesNotConnectToThemWhereThereIsRest) {
    node.SetRest(true);
    SparePeers peers(Regtest(), SpareOptions({good_.Address()}));
    BlockFetcher fetcher(client, files, Source::automatic, &peers);
    ExpectBlock(Fetch(fetcher, {hashes_[2]}), 2);
    EXPECT_EQ(fetcher.InUse(), "rest");
    EXPECT_EQ(good_.Connections(), 0);
}

TEST_F(BlockFetcherWithPeers, TakesRpcWhereNobodyIsThere) {
    StagedPeer silent([](StagedPeer::Connection& c) { c.ReadToTheEnd(); });
    for (const std::string& address :
         {"127.0.0.1:" + std::to_string(test::UnusedPort()), silent.Address()}) {
        SparePeers peers(Regtest(), SpareOptions({address}));
        BlockFetcher fetcher(client, files, Source::automatic, &peers);
        ExpectBlock(Fetch(fetcher, {hashes_[2]}), 2);
        EXPECT_EQ(fetcher.InUse(), "rpc");
        // Nobody is waited for again.
        const auto began = std::chrono::steady_clock::now();
        ExpectBlock(Fetch(fetcher, {hashes_[3]}), 3);
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(400));
        ASSERT_EQ(peers.Status().size(), 1u);
        EXPECT_FALSE(peers.Status()[0].last_error.empty());
    }
}

/// Whatever goes wrong with a peer, in the middle too, the same blocks come by RPC.
TEST_F(BlockFetcherWithPeers, TurnsToRpcForTheSameBlocks) {
    const auto after_three = [this](std::function<void(StagedPeer::Connection&)> then) {
        return [this, then](StagedPeer::Connection& c) {
            if (c.Number() > 1 || !c.ShakeHands()) return;
            for (int i = 0; i < 3; ++i) {
                const auto asked = c.ReadUntil(Command::getdata);
                if (!asked) return;
                SendBlocks(c, asked->payload);
            }
            c.ReadUntil(Command::getdata);
            then(c);
        };
    };
    const StagedPeer::Script troubles[] = {
        after_three([](auto&) {}),
        after_three([](auto& c) { c.ReadToTheEnd(); }),
        after_three([](auto& c) { c.Send(index::Bytes(100, 7)); }),
        after_three([this](auto& c) {
            c.Send(Command::notfound, WriteInventory({{InventoryItem::kBlock, hashes_[4]}}));
            c.ReadToTheEnd();
        }),
    };
    for (const auto& trouble : troubles) {
        StagedPeer peer(trouble);
        SparePeers peers(Regtest(), SpareOptions({peer.Address()}));
        BlockFetcher fetcher(client, files, Source::automatic, &peers);
        for (std::size_t height = 1; height < chain_.size(); ++height) {
            ExpectBlock(Fetch(fetcher, {hashes_[height]}), height);
            EXPECT_EQ(fetcher.InUse(), height <= 3 ? "p2p" : "rpc") << height;
        }
    }
}

TEST_F(BlockFetcherWithPeers, AsksThemNoMoreAfterADamagedBlock) {
    SparePeers peers(Regtest(), SpareOptions({good_.Address()}));
    BlockFetcher fetcher(client, files, Source::automatic, &peers);
    const auto fetched = Fetch(fetcher, {hashes_[2]});
    fetcher.Distrust(fetched.from, "a test");
    ExpectBlock(Fetch(fetcher, {hashes_[2]}), 2);
    EXPECT_EQ(fetcher.InUse(), "rpc");
}

TEST_F(BlockFetcherWithPeers, StopAnswersWhatWaits) {
    StagedPeer silent([](StagedPeer::Connection& c) { c.ReadToTheEnd(); });
    SparePeers peers(Regtest(), SpareOptions({silent.Address()}));
    std::promise<PeerResult<std::vector<index::Bytes>>> promise;
    peers.Fetch({hashes_[1]}, [&](auto blocks) { promise.set_value(std::move(blocks)); });
    peers.Stop();
    EXPECT_EQ(promise.get_future().get().error().kind, PeerError::Kind::stopped);
    std::promise<PeerError> late;
    peers.Fetch({hashes_[1]}, [&](auto blocks) { late.set_value(blocks.error()); });
    EXPECT_EQ(late.get_future().get().kind, PeerError::Kind::stopped);
}

TEST_F(BlockFetcherTest, UnknownBlocksAreRefused) {
    const index::BlockHash unknown{};
    BlockFetcher by_rpc(client, files, Source::rpc);
    EXPECT_EQ(Fetch(by_rpc, {unknown}).error().code, -5);
    node.SetRest(true);
    BlockFetcher by_rest(client, files, Source::rest);
    EXPECT_EQ(Fetch(by_rest, {unknown}).error().code, -5);
}

TEST_F(BlockFetcherTest, PrunedBlocksSayWhatToDo) {
    node.SetMethod("getblock", [](const auto&) -> std::string {
        throw test::FakeNode::RpcError{-1, "Block not available (pruned data)"};
    });
    BlockFetcher by_rpc(client, files, Source::rpc);
    EXPECT_NE(Fetch(by_rpc, {Hash(1)}).error().message.find("-prune=0"), std::string::npos);
    node.SetRest(true);
    node.SetHook([](const auto& request) -> std::optional<Answer> {
        if (!request.target.starts_with("/rest/block")) return std::nullopt;
        return Answer{.status = 404, .body = request.target + " not available (pruned data)"};
    });
    BlockFetcher by_rest(client, files, Source::rest);
    EXPECT_NE(Fetch(by_rest, {Hash(1)}).error().message.find("-prune=0"), std::string::npos);
}

TEST_F(BlockFetcherTest, RefusesWhatIsNoHex) {
    BlockFetcher fetcher(client, files, Source::rpc);
    for (const char* result : {"\"abc\"", "\"zz\"", "5", "{}", "null", "\"00\\n00\""}) {
        node.SetMethod("getblock", [result](const auto&) { return result; });
        const auto blocks = Fetch(fetcher, {Hash(1)});
        ASSERT_TRUE(blocks.has_error()) << result;
        EXPECT_EQ(blocks.error().kind, Kind::malformed);
        EXPECT_NE(blocks.error().message.find("getblock"), std::string::npos);
    }
}

}  // namespace
}  // namespace amber::daemon_client
