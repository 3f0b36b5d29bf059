#include "daemon_client/rpc_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>

#include "tests/daemon_client/rpc_fixture.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using Kind = index::NodeError::Kind;
using Answer = test::FakeNode::Answer;
using RpcError = test::FakeNode::RpcError;

class RpcClientTest : public ::testing::Test, public RpcFixture {
protected:
    Kind WhyFailed(RpcClient::CallOptions call = {}) {
        const auto result = client.Wait({"getblockcount"}, call);
        return result.has_error() ? result.error().kind : Kind::stopped;
    }
    /// Whatever is asked, the first `times` times; the handshake included.
    void NodeAnswers(Answer answer, int times = 1'000'000) {
        auto left = std::make_shared<std::atomic<int>>(times);
        node.SetHook([answer, left](const auto&) -> std::optional<Answer> {
            if ((*left)-- > 0) return answer;
            return std::nullopt;
        });
    }
};

TEST_F(RpcClientTest, CallsAndNamesTheDaemon) {
    node.SetChain(test::MakeChain(4));
    EXPECT_EQ(*client.Wait({"getblockcount"}, {}), "3");
    const DaemonInfo info = client.Current();
    EXPECT_TRUE(info.verified);
    EXPECT_EQ(info.epoch, 1u);
    EXPECT_EQ(info.label, "127.0.0.1:" + std::to_string(node.Port()));
    EXPECT_EQ(info.version, 290400);
    EXPECT_EQ(info.subversion, "/Fake:29.4.0/");
}

TEST_F(RpcClientTest, BatchesGiveEachItsOwnResult) {
    const auto answers =
        client.WaitBatch({{"getblockcount"}, {"getblockhash", "[99]"}, {"nonsense"}}, {});
    ASSERT_TRUE(answers.has_value());
    EXPECT_EQ(*answers->at(0), "0");
    EXPECT_EQ(answers->at(1).error().code, -8);
    EXPECT_EQ(answers->at(2).error().code, -32601);
}

TEST_F(RpcClientTest, ErrorsOfTheNodeAreNoTrouble) {
    const auto result = client.Wait({"getblockhash", "[99]"}, {});
    ASSERT_TRUE(result.has_error());
    EXPECT_EQ(result.error().kind, Kind::refused);
    EXPECT_EQ(result.error().message, "Block height out of range");
    EXPECT_EQ(client.Current().epoch, 1u);
}

TEST_F(RpcClientTest, NamesEachTrouble) {
    NodeAnswers({.status = 401});
    EXPECT_EQ(WhyFailed(), Kind::unauthorized);
    NodeAnswers({.status = 403});
    EXPECT_EQ(WhyFailed(), Kind::unauthorized);
    NodeAnswers({.status = 200, .body = "<html>"});
    std::this_thread::sleep_for(250ms);  // the pause after all have failed
    EXPECT_EQ(WhyFailed(), Kind::malformed);
    NodeAnswers({.status = 200, .body = std::string(500, ' '), .cut_after = 100});
    std::this_thread::sleep_for(250ms);
    EXPECT_EQ(WhyFailed(), Kind::malformed);
    NodeAnswers({.status = 503, .body = "Work queue depth exceeded"});
    std::this_thread::sleep_for(250ms);
    EXPECT_EQ(WhyFailed(), Kind::overloaded);
    NodeAnswers({.status = 500,
                 .body = R"({"result":null,"error":{"code":-28,"message":"Verifying"},"id":1})"});
    std::this_thread::sleep_for(250ms);
    EXPECT_EQ(WhyFailed(), Kind::warming_up);
    NodeAnswers({.reset = true});
    std::this_thread::sleep_for(250ms);
    EXPECT_EQ(WhyFailed(), Kind::unreachable);
    NodeAnswers({}, 0);
    EXPECT_TRUE(Eventually([&] { return client.Wait({"getblockcount"}, {}).has_value(); }));
}

TEST_F(RpcClientTest, ABrokenExchangeIsTriedOnceMore) {
    ASSERT_TRUE(client.Wait({"getblockcount"}, {}).has_value());
    for (const Answer& trouble : {Answer{.body = "<html>"}, Answer{.reset = true},
                                  Answer{.body = std::string(99, ' '), .cut_after = 9}}) {
        NodeAnswers(trouble, 1);
        EXPECT_TRUE(client.Wait({"getblockcount"}, {}).has_value());
    }
}

TEST_F(RpcClientTest, ABusyNodeIsAskedAgainLater) {
    ASSERT_TRUE(client.Wait({"getblockcount"}, {}).has_value());
    NodeAnswers({.status = 503, .body = "Work queue depth exceeded"}, 2);
    EXPECT_TRUE(client.Wait({"getblockcount"}, {}).has_value());
    EXPECT_EQ(client.Current().epoch, 1u);
}

TEST_F(RpcClientTest, StallsTimeOut) {
    ASSERT_TRUE(client.Wait({"getblockcount"}, {}).has_value());
    NodeAnswers({.stall = 60s}, 1);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(WhyFailed({.timeout = 200ms}), Kind::timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
    EXPECT_TRUE(client.Wait({"getblockcount"}, {}).has_value());
}

TEST_F(RpcClientTest, AStallDoesNotHoldUpOthers) {
    ASSERT_TRUE(client.Wait({"getblockcount"}, {}).has_value());
    NodeAnswers({.stall = 60s}, 1);
    std::promise<void> done;
    client.Call(RpcRequest{"getblockcount"}, {}, [&](const auto&) { done.set_value(); });
    std::this_thread::sleep_for(20ms);
    EXPECT_TRUE(client.Wait({"getblockcount"}, {.timeout = 1s}).has_value());
    client.Stop();
    done.get_future().get();
}

TEST_F(RpcClientTest, RefusesADaemonOfAnotherNetwork) {
    node.SetMethod("getblockhash", [](const auto&) { return "\"" + std::string(64, '1') + "\""; });
    const auto result = client.Wait({"getblockcount"}, {});
    ASSERT_TRUE(result.has_error());
    EXPECT_NE(result.error().message.find("another network"), std::string::npos);
    EXPECT_NE(result.error().message.find("--network"), std::string::npos);
    EXPECT_EQ(node.Calls("getblockcount"), 0);
    EXPECT_TRUE(client.Wait({"getblockcount"}, {.lane = Lane::control}).has_value());
}

TEST_F(RpcClientTest, WrongTypesInTheHandshakeAreMalformed) {
    node.SetMethod("getnetworkinfo", [](const auto&) { return "[]"; });
    EXPECT_EQ(WhyFailed(), Kind::malformed);
    node.SetMethod("getnetworkinfo", [](const auto&) { return R"({"version":"29"})"; });
    std::this_thread::sleep_for(250ms);
    EXPECT_EQ(WhyFailed(), Kind::malformed);
    node.SetMethod("getblockhash", [](const auto&) { return "5"; });
    std::this_thread::sleep_for(250ms);
    EXPECT_EQ(WhyFailed(), Kind::malformed);
}

TEST_F(RpcClientTest, MergesCallsWhenConnectionsAreBusy) {
    ASSERT_TRUE(client.Wait({"getblockcount"}, {}).has_value());
    std::atomic<int> round_trips{0};
    node.SetHook([&](const auto&) -> std::optional<Answer> {
        ++round_trips;
        return std::nullopt;
    });
    std::atomic<int> right{0};
    constexpr int kCalls = 1000;
    for (int i = 0; i < kCalls; ++i)
        client.Call(
            RpcRequest{"getblockhash", "[" + std::to_string(i % 2) + "]"}, {.merge = true},
            [&, i](const RpcResult& result) { right += result.has_value() == (i % 2 == 0); });
    EXPECT_TRUE(Eventually([&] { return right == kCalls; }));
    EXPECT_LT(round_trips, kCalls / 4);
}

TEST_F(RpcClientTest, BoundsWhatWaits) {
    NodeAnswers({.stall = 60s});
    std::atomic<int> overloaded{0};
    for (int i = 0; i < 5000; ++i)
        client.Call(RpcRequest{"getblockcount"}, {}, [&](const RpcResult& result) {
            overloaded += result.has_error() && result.error().kind == Kind::overloaded;
        });
    EXPECT_TRUE(Eventually([&] { return overloaded == 5000 - 4096; })) << overloaded;
    client.Stop();  // answers the rest, while what they count is still there
}

TEST_F(RpcClientTest, StopAnswersAllThatWait) {
    NodeAnswers({.stall = 60s});
    std::atomic<int> stopped{0};
    for (int i = 0; i < 100; ++i)
        client.Call(RpcRequest{"getblockcount"}, {}, [&](const RpcResult& result) {
            stopped += result.has_error() && result.error().kind == Kind::stopped;
        });
    auto blocked = std::async(std::launch::async,
                              [&] { return client.Wait({"getblockcount"}, {}).error().kind; });
    std::this_thread::sleep_for(50ms);
    const auto start = std::chrono::steady_clock::now();
    client.Stop();
    EXPECT_EQ(blocked.get(), Kind::stopped);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
    EXPECT_EQ(stopped, 100);
    EXPECT_EQ(client.Wait({"getblockcount"}, {}).error().kind, Kind::stopped);
}

TEST(RpcClientCookie, IsReadAgainWhenTheNodeRestarts) {
    const auto file =
        std::filesystem::temp_directory_path() / ("amber-rpc-cookie-" + std::to_string(::getpid()));
    std::ofstream(file) << "__cookie__:first";
    const auto time = std::filesystem::last_write_time(file);
    test::FakeNode node;
    node.Require(BasicAuthorization("__cookie__:first"));
    NodeOptions options = QuickOptions();
    options.cookie_file = file;
    RpcClient client(Regtest(), options, {ParseNodeUrl(node.Url(""), 1)});
    client.Start();
    EXPECT_TRUE(client.Wait({"getblockcount"}, {}).has_value());

    // Even if time and size of the file do not tell.
    std::ofstream(file) << "__cookie__:other";
    std::filesystem::last_write_time(file, time);
    node.Require(BasicAuthorization("__cookie__:other"));
    EXPECT_TRUE(client.Wait({"getblockcount"}, {}).has_value());

    node.Require("Basic nobody has it");
    const auto wrong = client.Wait({"getblockcount"}, {}).error();
    EXPECT_EQ(wrong.kind, Kind::unauthorized);
    EXPECT_NE(wrong.message.find("wrong user, password or cookie"), std::string::npos);
    std::filesystem::remove(file);
    std::this_thread::sleep_for(300ms);  // after a failure, requests fail at once for a while
    const auto missing = client.Wait({"getblockcount"}, {}).error();
    EXPECT_EQ(missing.kind, Kind::unauthorized);
    for (const std::string& text :
         {file.string() + ": No such file", std::string("--daemon-cookie")})
        EXPECT_NE(missing.message.find(text), std::string::npos) << missing.message;

    // It goes on by itself.
    std::ofstream(file) << "__cookie__:back";
    node.Require(BasicAuthorization("__cookie__:back"));
    EXPECT_TRUE(Eventually([&] { return client.Wait({"getblockcount"}, {}).has_value(); }, 2s));
    std::filesystem::remove(file);
}

class FailOver : public ::testing::Test {
protected:
    FailOver() { client_.Start(); }
    std::string Count() {
        const auto result = client_.Wait({"getblockcount"}, {});
        return result.has_error() ? result.error().message : *result;
    }

    test::FakeNode first_, second_;
    const NodeOptions options_ = QuickOptions();
    RpcClient client_{
        Regtest(), options_, {ParseNodeUrl(first_.Url(), 1), ParseNodeUrl(second_.Url(), 1)}};
};

TEST_F(FailOver, TurnsToTheNextAndBack) {
    second_.SetChain(test::MakeChain(2));
    EXPECT_EQ(Count(), "0");
    first_.Shutdown();
    EXPECT_EQ(Count(), "1");
    EXPECT_EQ(client_.Current().label, "127.0.0.1:" + std::to_string(second_.Port()));
    second_.Shutdown();
    EXPECT_NE(Count().find("cannot connect"), std::string::npos);
    first_.Start();
    EXPECT_TRUE(Eventually([&] { return Count() == "0"; }, 2s));
}

TEST_F(FailOver, LeavesOneThatAnswersNonsense) {
    second_.SetChain(test::MakeChain(2));
    EXPECT_EQ(Count(), "0");
    first_.SetHook([](const auto&) { return Answer{.body = "<html>"}; });
    EXPECT_EQ(Count(), "1");
}

TEST_F(FailOver, GivingUpTurnsToTheNextOnce) {
    EXPECT_EQ(Count(), "0");
    const std::uint64_t epoch = client_.Current().epoch;
    for (int i = 0; i < 3; ++i) client_.GiveUpOn(epoch, {Kind::malformed, 0, "bad block"});
    EXPECT_EQ(Count(), "0");
    EXPECT_EQ(client_.Current().label, "127.0.0.1:" + std::to_string(second_.Port()));
}

TEST_F(FailOver, UrlsCanBeReplacedWhileRunning) {
    test::FakeNode third;
    third.SetChain(test::MakeChain(3));
    EXPECT_EQ(Count(), "0");
    client_.SetUrls({ParseNodeUrl(third.Url(), 1)});
    EXPECT_EQ(Count(), "2");
}

}  // namespace
}  // namespace amber::daemon_client
