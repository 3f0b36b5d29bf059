#include "daemon_client/block_fetcher.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/daemon_client/rpc_fixture.h"

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
    EXPECT_FALSE(fetcher.TakesBatches());
    const auto result = Fetch(fetcher, {Hash(2)});
    ASSERT_TRUE(result.has_error());
    EXPECT_NE(result.error().message.find("-rest=1"), std::string::npos);
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
