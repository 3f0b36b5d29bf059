#include "daemon_client/notifier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <zmq.hpp>

#include "tests/daemon_client/rpc_fixture.h"
#include "tests/support/bitcoind.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using Event = index::NodeEvent;

/// Publishes as a node does.
class Publisher {
public:
    Publisher() : endpoint_("tcp://127.0.0.1:" + std::to_string(test::UnusedPort())) {
        socket_.set(zmq::sockopt::linger, 0);
        socket_.bind(endpoint_);
    }
    void Send(const std::string& topic, const std::string& body) {
        Send(topic, body, number_[topic]++);
    }
    void Send(const std::string& topic, const std::string& body, std::uint32_t number) {
        char bytes[4];
        std::memcpy(bytes, &number, 4);
        socket_.send(zmq::buffer(topic), zmq::send_flags::sndmore);
        socket_.send(zmq::buffer(body), zmq::send_flags::sndmore);
        socket_.send(zmq::buffer(bytes, 4), zmq::send_flags::none);
    }
    [[nodiscard]] const std::string& Endpoint() const { return endpoint_; }

private:
    std::string endpoint_;
    zmq::context_t context_{1};
    zmq::socket_t socket_{context_, zmq::socket_type::pub};
    std::map<std::string, std::uint32_t> number_;
};

std::string PublishedHash(const index::BlockHash& hash) {
    return {hash.bytes.rbegin(), hash.bytes.rend()};
}

class NotifierTest : public ::testing::Test {
protected:
    explicit NotifierTest(NodeOptions options = QuickOptions()) : rpc_(std::move(options)) {}
    ~NotifierTest() override {
        notifier_.Stop();
        rpc_.client.Stop();
    }
    void Count(const Event& event) { ++heard_[static_cast<std::size_t>(event.kind)]; }
    int Heard(Event::Kind kind) { return heard_[static_cast<std::size_t>(kind)]; }
    int Tips() { return Heard(Event::Kind::tip_changed); }
    int Changes() { return Heard(Event::Kind::mempool_changed); }
    /// Waits until nothing more is heard, and returns how often the tip was.
    int QuietTips() {
        int last = -1;
        Eventually([&] {
            if (last == Tips()) return true;
            last = Tips();
            std::this_thread::sleep_for(150ms);
            return false;
        });
        return last;
    }

    std::array<std::atomic<int>, 4> heard_{};
    const std::vector<index::Bytes> chain_ = test::MakeChain(5);
    RpcFixture rpc_;
    Notifier notifier_{rpc_.options, rpc_.client, [this](const Event& event) { Count(event); }};
};

TEST_F(NotifierTest, PollsTheTip) {
    notifier_.Start();
    const int before = QuietTips();
    rpc_.node.SetChain(chain_);
    EXPECT_TRUE(Eventually([&] { return Tips() > before; }));
    EXPECT_EQ(QuietTips(), before + 1);
}

TEST_F(NotifierTest, PollsTheMempool) {
    notifier_.Start();
    QuietTips();
    const int before = Changes();
    rpc_.node.SetMempool({{std::string(64, '0'), "00"}});
    EXPECT_TRUE(Eventually([&] { return Changes() > before; }));
}

TEST_F(NotifierTest, TellsOfARestart) {
    notifier_.Start();
    const int before = QuietTips();
    const int changes = Changes();
    rpc_.node.Shutdown();
    std::this_thread::sleep_for(100ms);
    rpc_.node.Start();
    EXPECT_TRUE(Eventually([&] { return Tips() > before && Changes() > changes; }));
}

TEST_F(NotifierTest, OutlivesNonsense) {
    rpc_.node.SetMethod("getbestblockhash", [](const auto&) { return "7"; });
    rpc_.node.SetMethod("getmempoolinfo", [](const auto&) { return "7"; });
    notifier_.Start();
    EXPECT_TRUE(Eventually([&] { return rpc_.node.Calls("getbestblockhash") > 2; }));
}

NodeOptions WithZmq() {
    NodeOptions options = QuickOptions();
    options.use_zmq = true;
    return options;
}

class ZmqNotifierTest : public NotifierTest {
protected:
    ZmqNotifierTest() : NotifierTest(WithZmq()) {
        rpc_.node.SetMethod("getzmqnotifications", [this](const auto&) {
            return R"([{"type":"pubhashblock","address":")" + publisher_.Endpoint() +
                   R"(","hwm":1000},{"type":"pubsequence","address":")" + publisher_.Endpoint() +
                   R"(","hwm":1000},{"type":"pubrawtx","address":"tcp://127.0.0.1:1"}])";
        });
        notifier_.Start();
    }
    /// A transaction every now and then until we are heard.
    void BeHeard() {
        ASSERT_TRUE(Eventually([&] {
            SendTx('A');
            std::this_thread::sleep_for(20ms);
            return notifier_.ZmqTellsMempool();
        }));
    }
    void SendTx(char what) {
        publisher_.Send("sequence", std::string(32, '\1') + what + std::string(8, '\0'));
    }
    void SendTip(std::size_t height) {
        publisher_.Send("hashblock", PublishedHash(test::HashOfBlock(chain_[height])));
    }

    Publisher publisher_;
};

TEST_F(ZmqNotifierTest, TellsOfTransactions) {
    BeHeard();
    const int added = Heard(Event::Kind::tx_added), removed = Heard(Event::Kind::tx_removed);
    SendTx('A');
    SendTx('R');
    EXPECT_TRUE(Eventually([&] {
        return Heard(Event::Kind::tx_added) > added && Heard(Event::Kind::tx_removed) > removed;
    }));
}

TEST_F(ZmqNotifierTest, TellsOfABlockOnceThoughItIsPolledToo) {
    BeHeard();
    QuietTips();
    rpc_.node.SetChain({chain_.begin(), chain_.begin() + 2});
    SendTip(1);
    EXPECT_TRUE(Eventually([&] { return notifier_.ZmqTellsBlocks(); }));
    const int before = QuietTips();
    SendTip(2);
    rpc_.node.SetChain({chain_.begin(), chain_.begin() + 3});
    EXPECT_TRUE(Eventually([&] { return Tips() > before; }));
    EXPECT_EQ(QuietTips(), before + 1);
    EXPECT_TRUE(notifier_.ZmqTellsBlocks());
}

TEST_F(ZmqNotifierTest, TellsOfABlockTakenAway) {
    BeHeard();
    const int before = QuietTips();
    publisher_.Send("sequence", PublishedHash(test::HashOfBlock(chain_[0])) + "D");
    EXPECT_TRUE(Eventually([&] { return Tips() > before; }));
}

TEST_F(ZmqNotifierTest, AGapMeansThatAnythingMayHaveHappened) {
    BeHeard();
    const int changes = Changes(), tips = QuietTips();
    publisher_.Send("sequence", std::string(32, '\1') + "A" + std::string(8, '\0'), 77'777);
    EXPECT_TRUE(Eventually([&] { return Changes() > changes && Tips() > tips; }));
}

TEST_F(ZmqNotifierTest, PollsAgainWhenZmqGoesSilentAndListensWhenItIsBack) {
    BeHeard();
    SendTip(1);
    rpc_.node.SetChain({chain_.begin(), chain_.begin() + 2});
    EXPECT_TRUE(Eventually([&] { return notifier_.ZmqTellsBlocks(); }));
    int before = QuietTips();
    rpc_.node.SetChain({chain_.begin(), chain_.begin() + 3});
    EXPECT_TRUE(Eventually([&] { return Tips() > before; }));
    EXPECT_TRUE(Eventually([&] { return !notifier_.ZmqTellsBlocks(); }));
    EXPECT_FALSE(notifier_.ZmqTellsMempool());
    before = QuietTips();
    rpc_.node.SetChain({chain_.begin(), chain_.begin() + 4});
    EXPECT_TRUE(Eventually([&] { return Tips() > before; }));
    SendTip(3);
    EXPECT_TRUE(Eventually([&] { return notifier_.ZmqTellsBlocks(); }));
}

TEST_F(ZmqNotifierTest, PollsTheMempoolAgainWhenZmqGoesSilent) {
    BeHeard();
    std::atomic<int> size{0};
    rpc_.node.SetMethod("getmempoolinfo", [&](const auto&) { return std::to_string(++size); });
    EXPECT_TRUE(Eventually([&] { return !notifier_.ZmqTellsMempool(); }));
    const int before = Changes();
    EXPECT_TRUE(Eventually([&] { return Changes() > before + 3; }));
    rpc_.node.SetMethod("getmempoolinfo", [](const auto&) { return "{}"; });
    BeHeard();
}

TEST(ZmqListener, BadEndpointsDoNoHarm) {
    ZmqListener listener([](const auto&) {}, [] {});
    listener.SetEndpoints({"nonsense"});
    listener.Start();
    std::this_thread::sleep_for(50ms);
    listener.SetEndpoints({"tcp://127.0.0.1:1"});
    const auto start = std::chrono::steady_clock::now();
    listener.Stop();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
}

}  // namespace
}  // namespace amber::daemon_client
