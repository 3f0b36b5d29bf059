#include "daemon_client/wallet_gateway.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>

#include "tests/daemon_client/rpc_fixture.h"

namespace amber::daemon_client {
namespace {

using Kind = index::NodeError::Kind;

template <class T>
index::NodeResult<T> Ask(const std::function<void(index::WalletNode::Callback<T>)>& call) {
    std::promise<index::NodeResult<T>> promise;
    call([&](index::NodeResult<T> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
}

class WalletGatewayTest : public ::testing::Test, public RpcFixture {
protected:
    void Answer(const char* method, std::string result) {
        node.SetMethod(method, [this, result](const std::string& params) {
            std::lock_guard lock(mutex_);
            asked_ = params;
            return result;
        });
    }
    std::string Asked() {
        std::lock_guard lock(mutex_);
        return asked_;
    }
    void RunsVersion(int version) {
        ASSERT_TRUE(Eventually([&] { return client.Wait({"getblockcount"}, {}).has_value(); }));
        Answer("getnetworkinfo",
               R"({"version":)" + std::to_string(version) + R"(,"subversion":"/Old/"})");
        node.Shutdown();
        (void)client.Wait({"getblockcount"}, {});
        node.Start();
        ASSERT_TRUE(Eventually([&] { return client.Wait({"getblockcount"}, {}).has_value(); }));
    }

    std::mutex mutex_;
    std::string asked_;
    WalletGateway wallet_{client, files};
};

TEST_F(WalletGatewayTest, BroadcastsWithTheLimitsTheNodeKnows) {
    Answer("sendrawtransaction", "\"txid\"");
    const auto broadcast = [&] {
        return Ask<std::string>([&](auto done) { wallet_.Broadcast("00\"", done); });
    };
    EXPECT_EQ(*broadcast(), "txid");
    EXPECT_EQ(Asked(), R"(["00\"",1E-1,21000000])");
    RunsVersion(240000);
    EXPECT_EQ(*broadcast(), "txid");
    EXPECT_EQ(Asked(), R"(["00\"",1E-1])");
    RunsVersion(180100);
    EXPECT_EQ(*broadcast(), "txid");
    EXPECT_EQ(Asked(), R"(["00\""])");
    EXPECT_EQ(wallet_.LastSeenSoftware().version, 180100);
    EXPECT_EQ(wallet_.LastSeenSoftware().subversion, "/Old/");
}

TEST_F(WalletGatewayTest, RefusalsKeepTheNodesWords) {
    node.SetMethod("sendrawtransaction", [](const auto&) -> std::string {
        throw test::FakeNode::RpcError{-26, "dust, \"tx\""};
    });
    const auto result = Ask<std::string>([&](auto done) { wallet_.Broadcast("00", done); });
    EXPECT_EQ(result.error().kind, Kind::refused);
    EXPECT_EQ(result.error().code, -26);
    EXPECT_EQ(result.error().message, "dust, \"tx\"");
}

TEST_F(WalletGatewayTest, PackagesAndTestsKeepTheNodesJson) {
    const std::string object = R"({ "package_msg" : "success", "x":[1.10,"é"] })";
    Answer("submitpackage", object);
    EXPECT_EQ(*Ask<std::string>([&](auto done) {
        wallet_.BroadcastPackage({"0a", "0b"}, done);
    }),
              object);
    EXPECT_EQ(Asked(), R"([["0a","0b"]])");
    Answer("testmempoolaccept", "[ {} ]");
    EXPECT_EQ(*Ask<std::string>([&](auto done) { wallet_.TestAccept({"0a"}, done); }), "[ {} ]");
    for (const char* nonsense : {"[]", "{\"a\" 1}", "5", "\"x\""}) {
        Answer("submitpackage", nonsense);
        EXPECT_EQ(
            Ask<std::string>([&](auto done) { wallet_.BroadcastPackage({}, done); }).error().kind,
            Kind::malformed)
            << nonsense;
    }
}

TEST_F(WalletGatewayTest, FeeEstimates) {
    const auto estimate = [&](std::string mode) {
        return Ask<double>([&](auto done) { wallet_.EstimateFee(6, mode, done); });
    };
    Answer("estimatesmartfee", R"({"feerate":0.00012,"blocks":6})");
    EXPECT_EQ(*estimate(""), 0.00012);
    EXPECT_EQ(Asked(), "[6]");
    EXPECT_EQ(*estimate("ECONOMICAL"), 0.00012);
    EXPECT_EQ(Asked(), R"([6,"ECONOMICAL"])");
    Answer("estimatesmartfee", R"({"errors":["Insufficient data or no feerate found"]})");
    EXPECT_EQ(*estimate(""), -1);
    Answer("estimatesmartfee", "[]");
    EXPECT_EQ(estimate("").error().kind, Kind::malformed);
}

TEST_F(WalletGatewayTest, FeeFloors) {
    const auto floors = [&] {
        return Ask<index::WalletNode::FeeFloors>([&](auto done) { wallet_.GetFeeFloors(done); });
    };
    EXPECT_EQ(floors()->mempool_min, 0.00003);
    EXPECT_EQ(floors()->relay_min, 0.00001);
    EXPECT_EQ(floors()->incremental_relay, 0.00002);
    // An older node tells some of it elsewhere.
    Answer("getmempoolinfo", R"({"mempoolminfee":0.5})");
    Answer("getnetworkinfo", R"({"relayfee":0.25,"incrementalfee":0.125})");
    EXPECT_EQ(floors()->mempool_min, 0.5);
    EXPECT_EQ(floors()->relay_min, 0.25);
    EXPECT_EQ(floors()->incremental_relay, 0.125);
    Answer("getmempoolinfo", "{}");
    EXPECT_EQ(floors().error().kind, Kind::malformed);
}

TEST_F(WalletGatewayTest, Transactions) {
    Answer("getrawtransaction", "\"00ff\"");
    const std::string zeros(64, '0');
    EXPECT_EQ(*Ask<std::string>([&](auto done) { wallet_.RawTransaction({}, {}, done); }), "00ff");
    EXPECT_EQ(Asked(), "[\"" + zeros + "\",false]");
    const index::WalletNode::Place place{};
    EXPECT_EQ(*Ask<std::string>([&](auto done) { wallet_.RawTransaction({}, place, done); }),
              "00ff");
    EXPECT_EQ(Asked(), "[\"" + zeros + "\",false,\"" + zeros + "\"]");
    EXPECT_EQ(
        Ask<std::string>([&](auto done) { wallet_.VerboseTransaction({}, {}, done); }).error().kind,
        Kind::malformed);
    Answer("getrawtransaction", "{\"hex\": \"00\"}");
    EXPECT_EQ(*Ask<std::string>([&](auto done) { wallet_.VerboseTransaction({}, {}, done); }),
              "{\"hex\": \"00\"}");
    EXPECT_EQ(Asked(), "[\"" + zeros + "\",true]");
    EXPECT_EQ(
        Ask<std::string>([&](auto done) { wallet_.RawTransaction({}, {}, done); }).error().kind,
        Kind::malformed);
}

}  // namespace
}  // namespace amber::daemon_client
