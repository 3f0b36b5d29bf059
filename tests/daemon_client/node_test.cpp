#include "daemon_client/node.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <future>
#include <mutex>

#include "index/chain/address.h"
#include "index/chain/hex.h"
#include "index/chain/sha256.h"
#include "tests/daemon_client/rpc_fixture.h"
#include "tests/generator/byte_writer.h"
#include "tests/support/bitcoind.h"

namespace amber::daemon_client {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using index::Bytes;
using index::Height;
using Kind = index::NodeEvent::Kind;

TEST(Node, RefusesMalformedUrls) {
    NodeOptions options = QuickOptions();
    options.urls = {"http://u:secret@h:x"};
    EXPECT_THROW(Node(Regtest(), options), std::invalid_argument);
    options.urls = {"http://127.0.0.1"};
    Node node(Regtest(), options);
    EXPECT_TRUE(node.SetUrls({"nonsense"}).has_value());
    EXPECT_TRUE(node.SetUrls({}).has_value());
    EXPECT_FALSE(node.SetUrls({"http://127.0.0.1:1"}).has_value());
}

TEST(Node, WithoutRpcBlocksComeFromPeersOnly) {
    NodeOptions options = QuickOptions();
    options.use_rpc = false;
    EXPECT_THROW(Node(Regtest(), options), std::invalid_argument);
    options.source = Source::p2p;
    options.peers = {"127.0.0.1:0:0"};
    EXPECT_THROW(Node(Regtest(), options), std::invalid_argument);
    options.peers = {"127.0.0.1:" + std::to_string(test::UnusedPort())};
    Node node(Regtest(), options);
    std::atomic<bool> refused = false;
    node.Wallet().GetFeeFloors([&](const auto& answer) {
        refused = answer.has_error() && answer.error().kind == index::NodeError::Kind::absent;
    });
    EXPECT_TRUE(refused);
    EXPECT_TRUE(node.SetUrls({"http://127.0.0.1:1"}).has_value());
    node.Start([](const auto&) {});
    const auto report = node.Check();
    ASSERT_TRUE(report.has_error());
    EXPECT_NE(report.error().message.find("cannot connect"), std::string::npos)
        << report.error().message;
    EXPECT_TRUE(node.Mempool().List().has_error());
    EXPECT_EQ(node.GetStatus().source, "p2p");
    EXPECT_FALSE(node.GetStatus().connected);
    auto take = std::async(std::launch::async, [&] { return node.Blocks().Take(1 << 20, 60s); });
    std::this_thread::sleep_for(50ms);
    const auto start = std::chrono::steady_clock::now();
    node.Stop();
    EXPECT_TRUE(take.get().empty());
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
    EXPECT_EQ(node.Blocks().Tip().error().kind, index::NodeError::Kind::stopped);
}

TEST(Node, StopsWithinASecondWhateverHangs) {
    test::FakeNode fake;
    fake.SetChain(test::MakeChain(3));
    NodeOptions options = QuickOptions();
    options.urls = {fake.Url()};
    Node node(Regtest(), options);
    node.Start([](const auto&) {});
    ASSERT_TRUE(node.Blocks().Tip().has_value());
    fake.SetHook([](const auto&) { return test::FakeNode::Answer{.stall = 60s}; });
    auto take = std::async(std::launch::async, [&] { return node.Blocks().Take(1 << 20, 60s); });
    auto tip = std::async(std::launch::async, [&] { return node.Blocks().Tip(); });
    auto list = std::async(std::launch::async, [&] { return node.Mempool().List(); });
    std::this_thread::sleep_for(50ms);
    const auto start = std::chrono::steady_clock::now();
    node.Stop();
    take.get();
    EXPECT_TRUE(tip.get().has_error());
    EXPECT_TRUE(list.get().has_error());
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
    EXPECT_TRUE(node.Blocks().Take(1 << 20, 60s).empty());
}

/// What the sink heard, by kind.
struct Heard {
    std::atomic<int> tips{0}, added{0}, removed{0}, mempool{0};
    void operator()(const index::NodeEvent& event) {
        switch (event.kind) {
            case Kind::tip_changed:
                ++tips;
                break;
            case Kind::tx_added:
                ++added;
                break;
            case Kind::tx_removed:
                ++removed;
                break;
            case Kind::mempool_changed:
                ++mempool;
                break;
        }
    }
};

/// A real node, and Amber's view of it.
class RealNode {
public:
    RealNode(std::vector<std::string> arguments, Source source, bool zmq)
        : bitcoind_(std::move(arguments)) {
        NodeOptions options;
        options.urls = {bitcoind_.Url()};
        options.cookie_file = bitcoind_.CookieFile();
        options.source = source;
        options.use_zmq = zmq;
        options_ = options;
        bitcoind_.Start();
        control_.emplace(Regtest(), options_, std::vector{ParseNodeUrl(bitcoind_.Url(), 1)});
        control_->Start();
        node_.emplace(Regtest(), options_);
        node_->Start([this](const auto& event) { heard_(event); });
    }
    ~RealNode() { node_->Stop(); }

    std::string Rpc(const std::string& method, const std::string& params = "[]") {
        index::NodeResult<std::string> result = index::NodeError{};
        Eventually(
            [&] {
                result = control_->Wait({method, params}, {});
                return result.has_value() || result.error().kind == index::NodeError::Kind::refused;
            },
            60s);
        EXPECT_TRUE(result.has_value()) << method << ": " << result.error().message;
        return result.has_value() ? *result : "";
    }
    void Mine(int blocks) {
        Rpc("generatetoaddress", "[" + std::to_string(blocks) + ",\"" + Address() + "\"]");
    }
    /// Pays to the script `OP_TRUE` behind a witness hash: spendable by anybody.
    static Bytes Script() {
        const Bytes op_true{0x51};
        Bytes script{0x00, 0x20};
        const auto hash = index::Sha256As<index::ScriptHash>(op_true);
        script.insert(script.end(), hash.bytes.begin(), hash.bytes.end());
        return script;
    }
    static std::string Address() { return *index::AddressOfScript(Script(), Regtest().addresses); }
    /// A transaction that spends the coinbase of the block at `height`.
    std::string Spend(int height) {
        const std::string hash = Rpc("getblockhash", "[" + std::to_string(height) + "]");
        const json::value block = json::parse(Rpc("getblock", "[" + hash + ",1]"));
        const auto coinbase = index::FromDisplayHex<index::Txid>(
            std::string(block.as_object().at("tx").as_array().at(0).as_string()));
        Bytes raw;
        generator::ByteWriter writer(raw);
        writer.U32(2);
        writer.Raw(Bytes{0, 1, 1});
        writer.Raw(coinbase->bytes);
        writer.U32(0);
        writer.U8(0);
        writer.U32(0xfffffffd);
        writer.U8(1);
        writer.U64(49'9999'0000);
        writer.Sized(Script());
        writer.Raw(Bytes{1, 1, 0x51});
        writer.U32(0);
        return index::ToHex(raw);
    }
    /// All blocks from `first` on, until the node has no more.
    std::vector<index::Block> TakeAll(std::uint32_t first, std::size_t count) {
        node_->Blocks().Restart({first});
        std::vector<index::Block> all;
        for (int i = 0; i < 1000 && all.size() < count; ++i)
            for (index::Block& block : node_->Blocks().Take(1 << 20, 1s))
                all.push_back(std::move(block));
        return all;
    }

    test::Bitcoind bitcoind_;
    NodeOptions options_;
    Heard heard_;
    std::optional<RpcClient> control_;
    std::optional<Node> node_;
};

void ExpectChain(const std::vector<index::Block>& blocks, std::size_t count) {
    ASSERT_EQ(blocks.size(), count);
    EXPECT_EQ(blocks[0].hash, Regtest().genesis);
    for (std::size_t i = 1; i < count; ++i) EXPECT_EQ(blocks[i].previous, blocks[i - 1].hash);
}

std::string TxidOf(const std::string& hex) {
    return ToDisplayHex(Regtest().codec->ParseTransaction(*index::FromHex(hex))->txid);
}

TEST(RealNode, BlocksMempoolAndWalletsByRestAndZmq) {
    AMBER_NEEDS_BITCOIND();
    const auto zmq = std::to_string(test::UnusedPort());
    RealNode real({"-rest=1", "-zmqpubhashblock=tcp://127.0.0.1:" + zmq,
                   "-zmqpubsequence=tcp://127.0.0.1:" + zmq},
                  Source::automatic, true);
    real.Mine(110);
    Node& node = *real.node_;
    const auto report = node.Check();
    ASSERT_TRUE(report.has_value());
    EXPECT_TRUE(report->problems.empty()) << report->problems.front();
    EXPECT_EQ(report->chain, "regtest");
    EXPECT_EQ(report->height, Height{110});
    EXPECT_GT(report->version, 200000);

    // Blocks.
    const auto blocks = real.TakeAll(0, 111);
    ExpectChain(blocks, 111);
    const auto tip = node.Blocks().Tip();
    ASSERT_TRUE(tip.has_value());
    EXPECT_EQ(tip->height, Height{110});
    EXPECT_EQ(tip->hash, blocks.back().hash);
    const auto hashes = node.Blocks().Hashes({109}, 10);
    ASSERT_TRUE(hashes.has_value());
    EXPECT_EQ(*hashes, (std::vector{blocks[109].hash, blocks[110].hash}));

    // Once a block was heard of by ZMQ (the first may come before we listen), polling slows down;
    // the next is noticed and taken all the same.
    int mined_blocks = 110;
    EXPECT_TRUE(Eventually([&] {
        real.Mine(1);
        ++mined_blocks;
        std::this_thread::sleep_for(200ms);
        return node.GetStatus().zmq_blocks;
    }));
    EXPECT_EQ(real.TakeAll(111, mined_blocks - 110).back().hash, node.Blocks().Tip()->hash);
    auto mined = std::async(std::launch::async, [&] { real.Mine(1); });
    std::vector<index::Block> next;
    while (next.empty()) next = node.Blocks().Take(1 << 20, 5s);
    mined.get();
    EXPECT_EQ(next.size(), 1u);
    ++mined_blocks;
    EXPECT_EQ(node.GetStatus().source, "rest");

    // Transactions.
    std::promise<index::NodeResult<std::string>> sent;
    const std::string tx = real.Spend(1);
    node.Wallet().Broadcast(tx, [&](auto txid) { sent.set_value(std::move(txid)); });
    const auto txid = sent.get_future().get();
    ASSERT_TRUE(txid.has_value()) << txid.error().message;
    EXPECT_EQ(*txid, TxidOf(tx));
    EXPECT_TRUE(Eventually([&] { return real.heard_.added >= 1; }));
    EXPECT_TRUE(node.GetStatus().zmq_mempool);
    const auto listing = node.Mempool().List();
    ASSERT_TRUE(listing.has_value());
    ASSERT_EQ(listing->txids.size(), 1u);
    const std::vector wanted{listing->txids[0], index::Txid{}};
    const auto fetched = node.Mempool().Fetch(wanted);
    ASSERT_TRUE(fetched.has_value());
    ASSERT_EQ(fetched->size(), 2u);
    EXPECT_EQ(index::ToHex(**fetched->begin()), tx);
    EXPECT_FALSE(fetched->at(1).has_value());

    // A reorganisation is heard of, also one that only takes away.
    const int before = real.heard_.tips;
    real.Rpc("invalidateblock", real.Rpc("getbestblockhash").insert(0, "[") + "]");
    EXPECT_TRUE(Eventually([&] { return real.heard_.tips > before; }, 2s));
    EXPECT_EQ(node.Blocks().Tip()->height.value + 1, static_cast<std::uint32_t>(mined_blocks));
}

TEST(RealNode, BlocksByRpcAndPollingAcrossARestart) {
    AMBER_NEEDS_BITCOIND();
    RealNode real({}, Source::automatic, true);
    real.Mine(40);
    ExpectChain(real.TakeAll(0, 41), 41);
    EXPECT_EQ(real.node_->GetStatus().source, "rpc");
    EXPECT_FALSE(real.node_->GetStatus().zmq_blocks);

    int before = real.heard_.tips;
    real.Mine(1);
    EXPECT_TRUE(Eventually([&] { return real.heard_.tips > before; }, 2s));

    real.bitcoind_.Stop();
    EXPECT_TRUE(Eventually([&] { return !real.node_->GetStatus().connected; }));
    EXPECT_TRUE(real.node_->Blocks().Tip().has_error());
    EXPECT_TRUE(real.TakeAll(41, 0).empty());
    before = real.heard_.tips;
    real.bitcoind_.Start();
    EXPECT_TRUE(Eventually([&] { return real.heard_.tips > before; }, 60s));
    real.Mine(1);
    EXPECT_EQ(real.TakeAll(41, 2).size(), 2u);
}

// And with the node down: then they can only have come from its files.
TEST(RealNode, EveryTransactionIsTheSameFromFilesAndRpc) {
    AMBER_NEEDS_BITCOIND();
    RealNode real({}, Source::rpc, false);
    real.Mine(102);
    for (int height = 1; height <= 2; ++height)
        real.Rpc("sendrawtransaction", "[\"" + real.Spend(height) + "\",0]");
    real.Mine(1);
    const auto blocks = real.TakeAll(0, 104);
    ASSERT_EQ(blocks.back().txs.size(), 3u);
    ASSERT_TRUE(Eventually([&] { return !real.node_->GetStatus().blocks_dir.empty(); }));

    std::vector<std::string> by_rpc;
    for (const auto& block : blocks) {
        if (block.previous.IsZero()) continue;  // the node does not tell the genesis coinbase
        for (const auto& tx : block.txs)
            by_rpc.push_back(real.Rpc(
                "getrawtransaction",
                "[\"" + ToDisplayHex(tx.txid) + "\",false,\"" + ToDisplayHex(block.hash) + "\"]"));
    }
    const auto from_files = [&](const index::Block& block, std::uint32_t position) {
        std::promise<index::NodeResult<std::string>> promise;
        real.node_->Wallet().RawTransaction(
            block.txs[position].txid, index::WalletNode::Place{block.hash, position},
            [&](auto result) { promise.set_value(std::move(result)); });
        return promise.get_future().get();
    };
    // The newest block has been found once one of its transactions comes without the node.
    real.bitcoind_.Stop();
    ASSERT_TRUE(Eventually([&] { return from_files(blocks.back(), 0).has_value(); }));
    std::size_t i = 0;
    for (const auto& block : blocks) {
        for (std::uint32_t position = 0; position < block.txs.size(); ++position) {
            const auto raw = from_files(block, position);
            ASSERT_TRUE(raw.has_value()) << raw.error().message;
            if (block.previous.IsZero()) continue;
            EXPECT_EQ('"' + *raw + '"', by_rpc.at(i++));
        }
    }
    EXPECT_EQ(i, by_rpc.size());
}

TEST(RealNode, WalletCalls) {
    AMBER_NEEDS_BITCOIND();
    RealNode real({}, Source::rpc, false);
    real.Mine(105);
    index::WalletNode& wallet = real.node_->Wallet();
    const auto ask = [](auto call) {
        std::promise<index::NodeResult<std::string>> promise;
        call([&](auto result) { promise.set_value(std::move(result)); });
        return promise.get_future().get();
    };
    const std::string tx = real.Spend(2);
    const auto accepted = ask([&](auto done) { wallet.TestAccept({tx}, done); });
    ASSERT_TRUE(accepted.has_value()) << accepted.error().message;
    const json::value verdict = json::parse(*accepted);
    EXPECT_TRUE(verdict.as_array().at(0).as_object().at("allowed").as_bool()) << *accepted;

    const auto package = ask([&](auto done) { wallet.BroadcastPackage({tx}, done); });
    if (package.has_value()) {  // nodes before 26 have no such call
        EXPECT_NE(package->find("package_msg"), std::string::npos);
    } else {
        EXPECT_EQ(package.error().kind, index::NodeError::Kind::refused);
        ask([&](auto done) { wallet.Broadcast(tx, done); });
    }

    const auto txid = *index::FromDisplayHex<index::Txid>(TxidOf(tx));
    EXPECT_EQ(*ask([&](auto done) { wallet.RawTransaction(txid, {}, done); }), tx);
    const auto unknown = ask([&](auto done) { wallet.RawTransaction({}, {}, done); });
    ASSERT_TRUE(unknown.has_error());
    EXPECT_EQ(unknown.error().code, -5);
    EXPECT_TRUE(unknown.error().message.starts_with("No such mempool transaction"));

    // Mined, with no txindex in the node: found by its block.
    real.Mine(1);
    const auto block = real.node_->Blocks().Tip()->hash;
    const index::WalletNode::Place place{block, 1};
    EXPECT_EQ(*ask([&](auto done) { wallet.RawTransaction(txid, place, done); }), tx);
    const auto verbose = ask([&](auto done) { wallet.VerboseTransaction(txid, block, done); });
    ASSERT_TRUE(verbose.has_value());
    EXPECT_EQ(json::parse(*verbose).as_object().at("confirmations").as_int64(), 1);

    std::promise<index::NodeResult<double>> fee;
    wallet.EstimateFee(6, "ECONOMICAL", [&](auto result) { fee.set_value(std::move(result)); });
    EXPECT_EQ(*fee.get_future().get(), -1);
    std::promise<index::NodeResult<index::WalletNode::FeeFloors>> floors_promise;
    wallet.GetFeeFloors([&](auto result) { floors_promise.set_value(std::move(result)); });
    const auto floors = floors_promise.get_future().get();
    ASSERT_TRUE(floors.has_value());
    EXPECT_GT(floors->relay_min, 0);
    EXPECT_GT(floors->incremental_relay, 0);
    EXPECT_GE(floors->mempool_min, floors->relay_min);
    EXPECT_GT(wallet.LastSeenSoftware().version, 200000);
}

}  // namespace
}  // namespace amber::daemon_client
