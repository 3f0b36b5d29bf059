#include "daemon_client/node_check.h"

#include <gtest/gtest.h>

#include "tests/daemon_client/rpc_fixture.h"

namespace amber::daemon_client {
namespace {

class NodeCheckTest : public ::testing::Test, public RpcFixture {
protected:
    void Answer(const char* method, std::string result) {
        node.SetMethod(method, [result](const auto&) { return result; });
    }
    static std::string Info(const std::string& chain, const std::string& rest) {
        return R"({"chain":")" + chain + R"(","blocks":5,"headers":9,"bestblockhash":")" +
               std::string(64, '0') + R"(",)" + rest + "}";
    }
    /// The only problem found, or all that is odd about it.
    std::string Problem() {
        const auto report = CheckNode(client, Regtest());
        if (report.has_error()) return "error: " + report.error().message;
        if (report->problems.size() != 1)
            return std::to_string(report->problems.size()) + " problems";
        return report->problems[0];
    }
};

TEST_F(NodeCheckTest, FindsNothingWrongWithAGoodNode) {
    const auto report = CheckNode(client, Regtest());
    ASSERT_TRUE(report.has_value());
    EXPECT_TRUE(report->problems.empty());
    EXPECT_TRUE(report->notes.empty());
    EXPECT_EQ(report->version, 290400);
    EXPECT_EQ(report->subversion, "/Fake:29.4.0/");
    EXPECT_EQ(report->chain, "regtest");
}

TEST_F(NodeCheckTest, CountsTheTransactionsIfTheNodeCan) {
    EXPECT_EQ(CheckNode(client, Regtest())->tx_count, 0u) << "it does not know the method";
    Answer("getchaintxstats", R"({"time":1,"txcount":1234567890123})");
    EXPECT_EQ(CheckNode(client, Regtest())->tx_count, 1'234'567'890'123u);
    for (const char* odd :
         {R"({"time":1})", R"({"txcount":-1})", R"({"txcount":"7"})", "[]", "5"}) {
        Answer("getchaintxstats", odd);
        const auto report = CheckNode(client, Regtest());
        ASSERT_TRUE(report.has_value()) << odd;
        EXPECT_EQ(report->tx_count, 0u) << odd;
    }
}

TEST_F(NodeCheckTest, AnotherNetwork) {
    Answer("getblockhash", "\"" + std::string(64, '1') + "\"");
    EXPECT_NE(Problem().find("--network"), std::string::npos);
    Answer("getblockchaininfo", Info("main", R"("initialblockdownload":false,"pruned":false)"));
    EXPECT_NE(Problem().find("\"main\""), std::string::npos);
}

TEST_F(NodeCheckTest, TooOld) {
    Answer("getnetworkinfo", R"({"version":180100,"subversion":"/Satoshi:0.18.1/"})");
    EXPECT_NE(Problem().find("upgrade"), std::string::npos);
    EXPECT_NE(Problem().find("18.1.0"), std::string::npos);
}

TEST_F(NodeCheckTest, Pruned) {
    Answer("getblockchaininfo", Info("regtest", R"("initialblockdownload":false,"pruned":true)"));
    EXPECT_NE(Problem().find("-prune=0"), std::string::npos);
}

TEST_F(NodeCheckTest, StillSyncingIsANote) {
    Answer("getblockchaininfo", Info("regtest", R"("initialblockdownload":true,"pruned":false)"));
    const auto report = CheckNode(client, Regtest());
    ASSERT_TRUE(report.has_value());
    EXPECT_TRUE(report->problems.empty());
    ASSERT_EQ(report->notes.size(), 1u);
    EXPECT_NE(report->notes[0].find("5 of 9"), std::string::npos);
    EXPECT_TRUE(report->initial_download);
}

TEST_F(NodeCheckTest, WrongTypesAreErrors) {
    Answer("getblockchaininfo", "5");
    EXPECT_TRUE(Problem().starts_with("error"));
    Answer("getblockchaininfo", Info("regtest", R"("initialblockdownload":"no")"));
    EXPECT_TRUE(Problem().starts_with("error"));
    node.Shutdown();
    EXPECT_TRUE(Problem().starts_with("error"));
}

}  // namespace
}  // namespace amber::daemon_client
