#include "daemon_client/mempool_reader.h"

#include <gtest/gtest.h>

#include <atomic>

#include "index/chain/hex.h"
#include "tests/daemon_client/rpc_fixture.h"

namespace amber::daemon_client {
namespace {

using index::Txid;
using Kind = index::NodeError::Kind;

class MempoolReaderTest : public ::testing::Test, public RpcFixture {
protected:
    /// Transactions 0, 1, ... of which the raw bytes are the number's own.
    void FillMempool(std::size_t count) {
        std::map<std::string, std::string> txs;
        for (std::size_t i = 0; i < count; ++i) {
            txids_.push_back(Numbered(i));
            txs[ToDisplayHex(txids_.back())] = index::ToHex(Raw(i));
        }
        node.SetMempool(std::move(txs));
    }
    static Txid Numbered(std::size_t i) {
        Txid txid;
        std::memcpy(txid.bytes.data(), &i, sizeof i);
        return txid;
    }
    static index::Bytes Raw(std::size_t i) {
        return {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)};
    }

    std::vector<Txid> txids_;
    MempoolReader reader_{client};
};

TEST_F(MempoolReaderTest, ListsWithTheTip) {
    node.SetChain(test::MakeChain(3));
    FillMempool(1000);
    const auto listing = reader_.List();
    ASSERT_TRUE(listing.has_value());
    EXPECT_EQ(listing->tip, test::HashOfBlock(test::MakeChain(3)[2]));
    EXPECT_EQ(listing->txids.size(), 1000u);
}

TEST_F(MempoolReaderTest, ListsNothing) { EXPECT_TRUE(reader_.List()->txids.empty()); }

TEST_F(MempoolReaderTest, ListsAgainWhenTheTipMoved) {
    std::atomic<int> asked{0};
    const auto tip = [&](int i) { return "\"" + std::string(63, '0') + std::to_string(i) + "\""; };
    node.SetMethod("getbestblockhash", [&](const auto&) {
        const int i = asked++;
        return tip(i < 3 ? i : 9);
    });
    const auto listing = reader_.List();
    ASSERT_TRUE(listing.has_value());
    EXPECT_EQ(asked, 6);
    asked = 0;
    node.SetMethod("getbestblockhash", [&](const auto&) { return tip(asked++ % 2); });
    EXPECT_TRUE(reader_.List().has_error());
}

TEST_F(MempoolReaderTest, FetchesInOrderWithGaps) {
    FillMempool(1501);
    std::vector<Txid> wanted = txids_;
    wanted[3] = Numbered(99'999);
    wanted.push_back(Numbered(99'998));
    const auto raw = reader_.Fetch(wanted);
    ASSERT_TRUE(raw.has_value());
    ASSERT_EQ(raw->size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (i == 3 || i == 1501)
            EXPECT_FALSE((*raw)[i].has_value());
        else
            EXPECT_EQ(*(*raw)[i], Raw(i));
    }
    EXPECT_TRUE(reader_.Fetch({})->empty());
}

TEST_F(MempoolReaderTest, WrongTypesAreMalformed) {
    for (const char* list : {"{}", "[5]", "[\"00\"]", "null", "[\"\"]"}) {
        node.SetMethod("getrawmempool", [list](const auto&) { return list; });
        EXPECT_EQ(reader_.List().error().kind, Kind::malformed) << list;
    }
    for (const char* raw : {"\"0\"", "\"xx\"", "{}", "null"}) {
        node.SetMethod("getrawtransaction", [raw](const auto&) { return raw; });
        EXPECT_EQ(reader_.Fetch(std::vector(500, Txid{})).error().kind, Kind::malformed) << raw;
    }
}

TEST_F(MempoolReaderTest, OtherRefusalsAreErrors) {
    node.SetMethod("getrawtransaction", [](const auto&) -> std::string {
        throw test::FakeNode::RpcError{-1, "something else"};
    });
    EXPECT_EQ(reader_.Fetch(std::vector{Txid{}}).error().code, -1);
}

}  // namespace
}  // namespace amber::daemon_client
