#include "daemon_client/prefetcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "daemon_client/json_text.h"
#include "index/chain/hex.h"
#include "tests/daemon_client/block_files/block_directory.h"
#include "tests/daemon_client/p2p/served_chain_fixture.h"
#include "tests/daemon_client/rpc_fixture.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::Block;
using index::Bytes;
using index::Height;
using Kind = index::NodeError::Kind;
using Answer = test::FakeNode::Answer;

constexpr std::size_t kPlenty = std::size_t{1} << 30;

class PrefetcherTest : public ::testing::TestWithParam<Source> {
protected:
    explicit PrefetcherTest(NodeOptions options = QuickOptions()) : rpc_(std::move(options)) {
        rpc_.node.SetRest(true);
    }
    ~PrefetcherTest() override {
        prefetcher_.Stop();
        rpc_.client.Stop();
    }
    test::FakeNode& Node() { return rpc_.node; }

    std::vector<Block> TakeUntil(std::size_t count, std::chrono::milliseconds limit = 10s) {
        std::vector<Block> all;
        Eventually(
            [&] {
                for (Block& block : prefetcher_.Take(kPlenty, 100ms))
                    all.push_back(std::move(block));
                return all.size() >= count;
            },
            limit);
        return all;
    }
    static void ExpectBlocks(const std::vector<Block>& blocks, const std::vector<Bytes>& chain,
                             std::size_t first) {
        ASSERT_EQ(blocks.size(), chain.size() - first);
        for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_EQ(blocks[i].raw, chain[first + i]);
    }
    /// Serves `wrong` for the block of the chain at `height` the first `times` times.
    void Falsify(const Bytes& right, const Bytes& wrong, int times) {
        auto left = std::make_shared<std::atomic<int>>(times);
        const std::string hash = ToDisplayHex(test::HashOfBlock(right));
        const std::string hex = index::ToHex(right), wrong_hex = index::ToHex(wrong);
        const std::string wrong_raw(reinterpret_cast<const char*>(wrong.data()), wrong.size());
        Node().SetMethod("getblock", [=, this](const std::string& params) -> std::string {
            if (params.find(hash) != std::string::npos)
                return "\"" + ((*left)-- > 0 ? wrong_hex : hex) + "\"";
            for (const Bytes& raw : chain_)
                if (params.find(ToDisplayHex(test::HashOfBlock(raw))) != std::string::npos)
                    return "\"" + index::ToHex(raw) + "\"";
            throw test::FakeNode::RpcError{-5, "Block not found"};
        });
        Node().SetHook([=](const auto& request) -> std::optional<Answer> {
            if (request.target != "/rest/block/" + hash + ".bin" || (*left)-- <= 0)
                return std::nullopt;
            return Answer{.body = wrong_raw};
        });
    }

    const std::vector<Bytes> chain_ = test::MakeChain(60);
    RpcFixture rpc_;
    BlockFetcher fetcher_{rpc_.client, rpc_.files, GetParam()};
    Prefetcher prefetcher_{Regtest(), rpc_.options, rpc_.client, fetcher_};
};

TEST_P(PrefetcherTest, HandsOverTheChainInOrder) {
    Node().SetChain(chain_);
    ExpectBlocks(TakeUntil(chain_.size()), chain_, 0);
    EXPECT_TRUE(prefetcher_.Take(kPlenty, 50ms).empty());
}

TEST_P(PrefetcherTest, StartsWhereItIsTold) {
    Node().SetChain(chain_);
    prefetcher_.Restart({50});
    ExpectBlocks(TakeUntil(10), chain_, 50);
    prefetcher_.Restart({20});
    ExpectBlocks(TakeUntil(40), chain_, 20);
}

TEST_P(PrefetcherTest, RestartDropsWhatIsUnderWay) {
    Node().SetChain(chain_);
    const auto branch = test::MakeChain(60, 1);
    for (std::uint32_t round = 0; round < 30; ++round) {
        const auto& chain = round % 2 == 0 ? chain_ : branch;
        Node().SetChain(chain);
        const std::uint32_t first = 1 + round;
        prefetcher_.Restart({first});
        ExpectBlocks(TakeUntil(chain.size() - first), chain, first);
        // Under way while the next round begins.
        prefetcher_.Restart({round});
    }
}

TEST_P(PrefetcherTest, TakesAboutAsMuchAsAsked) {
    Node().SetChain(chain_);
    prefetcher_.Restart({1});
    ASSERT_TRUE(Eventually([&] { return prefetcher_.Take(1, 50ms).size() == 1; }));
    std::this_thread::sleep_for(200ms);
    const std::size_t three = chain_[2].size() + chain_[3].size() + chain_[4].size();
    EXPECT_EQ(prefetcher_.Take(three, 1s).size(), 3u);
}

TEST_P(PrefetcherTest, FetchesANewBlockAtOnceWhenWoken) {
    Node().SetChain({chain_.begin(), chain_.begin() + 10});
    EXPECT_EQ(TakeUntil(10).size(), 10u);
    auto waiting = std::async(std::launch::async, [&] { return prefetcher_.Take(kPlenty, 30s); });
    std::this_thread::sleep_for(50ms);
    Node().SetChain({chain_.begin(), chain_.begin() + 11});
    const auto start = std::chrono::steady_clock::now();
    prefetcher_.Wake();
    auto blocks = waiting.get();
    while (blocks.empty()) blocks = prefetcher_.Take(kPlenty, 5s);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
    EXPECT_EQ(blocks.front().raw, chain_[10]);
}

TEST_P(PrefetcherTest, FindsANewBlockWithoutBeingWoken) {
    Node().SetChain({chain_.begin(), chain_.begin() + 10});
    EXPECT_EQ(TakeUntil(10).size(), 10u);
    Node().SetChain(chain_);
    ExpectBlocks(TakeUntil(50), chain_, 10);
}

TEST_P(PrefetcherTest, WakeCutsTheNextWaitToo) {
    EXPECT_EQ(TakeUntil(1).size(), 1u);
    prefetcher_.Wake();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(prefetcher_.Take(kPlenty, 30s).empty());
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
}

TEST_P(PrefetcherTest, BadBlocksAreNotHandedOverButFetchedAgain) {
    Node().SetChain(chain_);
    Bytes other_transactions = chain_[5], truncated = chain_[5], trailing = chain_[5];
    other_transactions.back() ^= 1;
    truncated.pop_back();
    trailing.push_back(0);
    for (const Bytes& wrong :
         {Bytes{}, Bytes(300, 0xff), chain_[6], other_transactions, truncated, trailing}) {
        Falsify(chain_[5], wrong, 2);
        prefetcher_.Restart({3});
        ExpectBlocks(TakeUntil(57), chain_, 3);
    }
}

TEST_P(PrefetcherTest, WhatCameBeforeABadBlockIsHandedOver) {
    Node().SetChain(chain_);
    Falsify(chain_[5], chain_[6], 1'000'000);
    prefetcher_.Restart({1});
    const auto blocks = TakeUntil(5, 1s);
    ASSERT_EQ(blocks.size(), 4u);
    EXPECT_EQ(blocks.back().raw, chain_[4]);
    Falsify(chain_[5], chain_[6], 0);
    EXPECT_EQ(TakeUntil(1)[0].raw, chain_[5]);
}

TEST_P(PrefetcherTest, SurvivesTheNodesAbsence) {
    Node().SetChain(chain_);
    prefetcher_.Restart({1});
    EXPECT_FALSE(prefetcher_.Take(1, 5s).empty());
    Node().Shutdown();
    TakeUntil(100, 300ms);
    prefetcher_.Restart({30});
    EXPECT_TRUE(prefetcher_.Take(kPlenty, 200ms).empty());
    EXPECT_TRUE(prefetcher_.Tip().has_error());
    Node().Start();
    ExpectBlocks(TakeUntil(30), chain_, 30);
}

TEST_P(PrefetcherTest, SurvivesABusyStart) {
    Node().SetChain(chain_);
    std::atomic<int> left{7};
    Node().SetHook([&](const auto&) -> std::optional<Answer> {
        switch (left > 0 ? --left % 5 : 5) {
            case 0:
                return Answer{.status = 503, .body = "Work queue depth exceeded"};
            case 1:
                return Answer{.body = "<html>"};
            case 2:
                return Answer{.body = std::string(500, '1'), .cut_after = 100};
            case 3:
                return Answer{.reset = true};
            case 4:
                return Answer{.status = 500, .body = "oops"};
            default:
                return std::nullopt;
        }
    });
    ExpectBlocks(TakeUntil(chain_.size(), 30s), chain_, 0);
}

TEST_P(PrefetcherTest, NodeThatLostItsTipGivesNothing) {
    Node().SetChain({chain_.begin(), chain_.begin() + 10});
    prefetcher_.Restart({30});
    EXPECT_TRUE(prefetcher_.Take(kPlenty, 100ms).empty());
    EXPECT_EQ(prefetcher_.Tip()->height, Height{9});
    EXPECT_EQ(prefetcher_.Hashes({8}, 5)->size(), 2u);
    EXPECT_TRUE(prefetcher_.Hashes({30}, 5)->empty());
}

TEST_P(PrefetcherTest, TellsTheTip) {
    Node().SetChain(chain_);
    const auto tip = prefetcher_.Tip();
    ASSERT_TRUE(tip.has_value());
    EXPECT_EQ(tip->height, Height{59});
    EXPECT_EQ(tip->hash, test::HashOfBlock(chain_.back()));
    EXPECT_EQ(tip->best_header, Height{59});
    EXPECT_FALSE(tip->initial_download);
    for (const char* nonsense : {"[]", "{}", R"({"chain":"regtest","blocks":"9"})", "7"}) {
        Node().SetMethod("getblockchaininfo", [nonsense](const auto&) { return nonsense; });
        EXPECT_EQ(prefetcher_.Tip().error().kind, Kind::malformed) << nonsense;
    }
}

INSTANTIATE_TEST_SUITE_P(BySource, PrefetcherTest,
                         ::testing::Values(Source::automatic, Source::rpc, Source::rest),
                         [](const auto& tested) {
                             return tested.param == Source::rpc    ? "Rpc"
                                    : tested.param == Source::rest ? "Rest"
                                                                   : "Automatic";
                         });

TEST(Prefetcher, KeepsToItsBudget) {
    NodeOptions options = QuickOptions();
    const auto chain = test::MakeChain(200);
    options.prefetch_bytes = 20 * chain[1].size();
    options.block_connections = 2;
    RpcFixture rpc(options);
    rpc.node.SetRest(true);
    BlockFetcher fetcher(rpc.client, rpc.files, Source::rest);
    Prefetcher prefetcher(Regtest(), rpc.options, rpc.client, fetcher);
    std::size_t taken = 0;
    const auto take = [&] { return taken += prefetcher.Take(kPlenty, 100ms).size(); };

    // It learns how large blocks are, then is left alone with more.
    rpc.node.SetChain({chain.begin(), chain.begin() + 100});
    EXPECT_TRUE(Eventually([&] { return take() == 100; }));
    const auto fetched = [&, before = rpc.node.Calls("/rest/block")] {
        return rpc.node.Calls("/rest/block") - before;
    };
    rpc.node.SetChain(chain);
    prefetcher.Wake();
    EXPECT_TRUE(Eventually([&] { return fetched() > 10; }));
    std::this_thread::sleep_for(300ms);
    EXPECT_LE(fetched(), 22);
    EXPECT_TRUE(Eventually([&] { return take() == 200; }));
    prefetcher.Stop();
    rpc.client.Stop();
}

TEST(Prefetcher, BadBlocksMakeItTurnToAnotherDaemon) {
    const auto chain = test::MakeChain(20);
    test::FakeNode bad, good;
    bad.SetChain(chain);
    good.SetChain(chain);
    bad.SetMethod("getblock", [](const auto&) { return "\"00\""; });
    const NodeOptions options = QuickOptions();
    RpcClient client(Regtest(), options, {ParseNodeUrl(bad.Url(), 1), ParseNodeUrl(good.Url(), 1)});
    client.Start();
    NodeFiles files(Regtest(), options, client);
    BlockFetcher fetcher(client, files, Source::rpc);
    Prefetcher prefetcher(Regtest(), options, client, fetcher);
    std::size_t taken = 0;
    EXPECT_TRUE(
        Eventually([&] { return (taken += prefetcher.Take(kPlenty, 100ms).size()) == 20; }));
    EXPECT_GT(bad.Calls("getblock"), 0);
    prefetcher.Stop();
    client.Stop();
}

/// A prefetcher whose node lets its files be read, masked as Bitcoin Core 28 and later write them.
struct FilesFixture : RpcFixture {
    FilesFixture() {
        node.SetChain(chain);
        node.SetMethod("getrpcinfo", [this](const auto&) {
            return R"({"logpath":)" + JsonQuote(directory.LogPath().string()) + "}";
        });
    }
    ~FilesFixture() {
        prefetcher.Stop();
        client.Stop();
        files.Stop();
    }
    /// Waits until the files have been looked through, as far as the record that was written last.
    void Start(const Bytes& last) {
        files.Start();
        const auto hash = Regtest().codec->HashHeader(index::ByteView(last).first(80));
        ASSERT_TRUE(Eventually([&] {
            std::promise<bool> found;
            files.GetBlocks({hash},
                            [&](const auto& blocks) { found.set_value(blocks.has_value()); });
            return found.get_future().get();
        }));
    }
    void ExpectChain() {
        std::vector<index::Block> taken;
        ASSERT_TRUE(Eventually([&] {
            for (auto& block : prefetcher.Take(kPlenty, 100ms)) taken.push_back(std::move(block));
            return taken.size() >= chain.size();
        }));
        for (std::size_t i = 0; i < chain.size(); ++i) EXPECT_EQ(taken[i].raw, chain[i]) << i;
    }
    int BlocksAskedFor() const { return node.Calls("getblock") + node.Calls("/rest/block"); }

    const std::vector<Bytes> chain = test::MakeChain(60);
    BlockDirectory directory{std::array<std::uint8_t, 8>{1, 2, 3, 4, 5, 6, 7, 8}};
    BlockFetcher fetcher{client, files, Source::automatic};
    Prefetcher prefetcher{Regtest(), options, client, fetcher};
};

TEST(PrefetcherFromFiles, NeedsNoBlockOfTheNode) {
    FilesFixture fixture;
    for (std::size_t i = fixture.chain.size(); i-- > 0;)  // order does not matter
        fixture.directory.AppendRecord(0, fixture.chain[i]);
    fixture.Start(fixture.chain.front());
    fixture.ExpectChain();
    EXPECT_EQ(fixture.BlocksAskedFor(), 0);
    EXPECT_EQ(fixture.fetcher.InUse(), "files");
}

TEST(PrefetcherFromFiles, TakesFromTheNodeWhatTheFilesLack) {
    FilesFixture fixture;
    for (std::size_t i = 0; i < fixture.chain.size(); ++i)
        if (i < 20 || i >= 40) fixture.directory.AppendRecord(0, fixture.chain[i]);
    fixture.Start(fixture.chain.back());
    fixture.ExpectChain();
    EXPECT_GT(fixture.BlocksAskedFor(), 0);
    EXPECT_LT(fixture.node.Calls("getblock"), 60);
}

TEST(PrefetcherFromFiles, DamagedFilesAreGivenUpAndNoBlockIsLost) {
    FilesFixture fixture;
    for (std::size_t i = 0; i < fixture.chain.size(); ++i) {
        Bytes block = fixture.chain[i];
        if (i == 30) block.back() ^= 1;
        fixture.directory.AppendRecord(0, block);
    }
    fixture.Start(fixture.chain.back());
    fixture.ExpectChain();
    EXPECT_NE(fixture.fetcher.InUse(), "files");
    EXPECT_GT(fixture.BlocksAskedFor(), 0);
}

TEST(PrefetcherFromPeers, DamagedBlocksAreGivenUpAndNoBlockIsLost) {
    RpcFixture rpc;
    const std::vector<Bytes> chain = test::MakeChain(60);
    rpc.node.SetChain(chain);
    StagedPeer peer([&](StagedPeer::Connection& c) {
        if (!c.ShakeHands()) return;
        while (const auto asked = c.ReadUntil(Command::getdata)) {
            for (const InventoryItem& item : *ReadInventory(asked->payload)) {
                Bytes block = *std::ranges::find(chain, item.hash, test::HashOfBlock);
                if (block == chain[30]) block.back() ^= 1;
                c.Send(Command::block, block);
            }
        }
    });
    SparePeers peers(Regtest(), QuickOptions({peer.Address()}));
    BlockFetcher fetcher(rpc.client, rpc.files, Source::automatic, &peers);
    Prefetcher prefetcher(Regtest(), rpc.options, rpc.client, fetcher);
    std::vector<Bytes> taken;
    EXPECT_TRUE(Eventually([&] {
        for (auto& block : prefetcher.Take(std::size_t{1} << 30, 100ms))
            taken.push_back(std::move(block.raw));
        return taken.size() >= chain.size();
    }));
    EXPECT_EQ(taken, chain);
    EXPECT_EQ(fetcher.InUse(), "rpc");
    prefetcher.Stop();
    peers.Stop();
    rpc.client.Stop();
}

}  // namespace
}  // namespace amber::daemon_client
