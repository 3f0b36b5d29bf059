#include "daemon_client/p2p/payload.h"

#include <gtest/gtest.h>

#include "index/chain/hex.h"
#include "tests/daemon_client/regtest.h"
#include "tests/generator/random.h"
#include "tests/support/fake_node.h"

namespace amber::daemon_client {
namespace {

using index::BlockHash;
using index::Bytes;
using index::ByteView;
using index::FromHex;
using index::ToHex;

// What a node (Bitcoin Knots 29.4) on regtest sent, with three blocks and then a fourth.
constexpr const char* kNodeVersion =
    "80110100090c00100000000049e3086b000000000000000000000000000000000000000000000000"
    "000000000000090c0010000000000000000000000000000000000000000000008efbf04891d2558c"
    "1f2f5361746f7368693a32392e342e332f4b6e6f74733a32303236303530382f0300000001";
constexpr const char* kNodeHeaders =
    "03"
    "0000002006226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f0101811a9245cfae75af"
    "3f2fb5ebebb35ee25dfee53b74afac6a45be242bbab449e3086bffff7f200000000000"
    "00000020"
    "4d18f91af1b0562ed44c918f63e39cff9074dd7bf74e56901d5ad965b015291df07b627a9f2719e6a6dd6e52fbbd"
    "9d671da1b69314ad6be74f474067495d7f924ae3086bffff7f200200000000"
    "00000020"
    "4172f1269e0d50a0febf378c911cc7024d508dddbcb9e587ea365a20cab5ef083a7cdffd0166832bcb0c9fc50870"
    "56df46b8614c8f2640d7d7b455adbda25c114ae3086bffff7f200200000000";
constexpr const char* kNodeInventory =
    "0102000000a056427f7cc2c02dfb22e1af50cb0db6273591170b7ead882f75d1326774ea2d";

/// Whatever is cut off or changed, a reader answers, and within the bytes it was given.
template <class Read>
void ExpectBounded(const Bytes& good, Read read) {
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(read(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))))
            << size;
    generator::Random random(::testing::UnitTest::GetInstance()->random_seed());
    for (int i = 0; i < 2000; ++i) {
        Bytes bad = good;
        bad[random.Below(bad.size())] = static_cast<std::uint8_t>(random.Next());
        read(bad);
    }
}

TEST(Payload, ReadsTheVersionOfANode) {
    const auto version = ReadVersion(*FromHex(kNodeVersion));
    ASSERT_TRUE(version.has_value());
    EXPECT_EQ(version->protocol, 70016U);
    EXPECT_EQ(version->services, 0x10000c09U);
    EXPECT_EQ(version->time, 1795744585);
    EXPECT_EQ(version->nonce, 0x8c55d29148f0fb8eU);
    EXPECT_EQ(version->user_agent, "/Satoshi:29.4.3/Knots:20260508/");
    EXPECT_EQ(version->start_height, 3U);
    Bytes later = *FromHex(kNodeVersion);
    later.push_back(7);
    EXPECT_TRUE(ReadVersion(later).has_value());
    later.resize(later.size() - 2);
    ExpectBounded(later, [](const Bytes& bytes) { return ReadVersion(bytes).has_value(); });
}

TEST(Payload, WritesAVersionAsANodeDoes) {
    Bytes expected = *FromHex(kNodeVersion);
    std::fill(expected.begin() + 20, expected.begin() + 72, 0);  // the addresses
    expected.back() = 0;                                         // relay no transactions
    EXPECT_EQ(ToHex(WriteVersion(*ReadVersion(*FromHex(kNodeVersion)))), ToHex(expected));
}

TEST(Payload, OfAnOldVersionOnlyTheNumberIsRead) {
    const auto version = ReadVersion(*FromHex("71110100"));
    ASSERT_TRUE(version.has_value());
    EXPECT_EQ(version->protocol, 70001U);
}

TEST(Payload, AVersionMayNotBoast) {
    Bytes payload = *FromHex(kNodeVersion);
    payload[80] = 0xfd;  // the user agent's length
    payload[81] = 0x01, payload[82] = 0x01;
    payload.resize(2000, 'x');
    EXPECT_NE(ReadVersion(payload).error().what.find("257"), std::string::npos);
    payload[81] = 0x00;
    EXPECT_EQ(ReadVersion(payload)->user_agent.size(), 256U);
}

TEST(Payload, ANegativeHeightIsNone) {
    Bytes payload = *FromHex(kNodeVersion);
    std::fill(payload.end() - 5, payload.end() - 1, 0xff);
    EXPECT_EQ(ReadVersion(payload)->start_height, 0U);
}

TEST(Payload, ReadsAndWritesNonces) {
    EXPECT_EQ(*ReadNonce(*FromHex("2a00000000000080")), 0x800000000000002aU);
    EXPECT_EQ(ToHex(WriteNonce(0x800000000000002aU)), "2a00000000000080");
    EXPECT_FALSE(ReadNonce(*FromHex("2a000000000000")));
    EXPECT_FALSE(ReadNonce(*FromHex("2a0000000000000000")));
}

TEST(Payload, ReadsTheHeadersOfANode) {
    const Bytes payload = *FromHex(kNodeHeaders);
    const auto headers = ReadHeaders(*Regtest().codec, payload);
    ASSERT_TRUE(headers.has_value()) << headers.error().what;
    ASSERT_EQ(headers->size(), 3U);
    BlockHash parent = Regtest().genesis;
    for (const Bytes& header : *headers) {
        EXPECT_EQ(header.size(), 80U);
        EXPECT_EQ(Regtest().codec->PreviousHash(header), parent);
        parent = Regtest().codec->HashHeader(header);
    }
    ExpectBounded(payload, [](const Bytes& bytes) {
        return ReadHeaders(*Regtest().codec, bytes).has_value();
    });
    Bytes longer = payload;
    longer.push_back(0);
    EXPECT_FALSE(ReadHeaders(*Regtest().codec, longer));
}

TEST(Payload, HasNoMoreHeadersThanTheProtocolAllows) {
    Bytes payload = *FromHex("fdd007");
    payload.resize(3 + 2000 * 81);
    EXPECT_EQ(ReadHeaders(*Regtest().codec, payload)->size(), 2000U);
    payload[1] = 0xd1;
    payload.resize(payload.size() + 81);
    EXPECT_NE(ReadHeaders(*Regtest().codec, payload).error().what.find("2001"), std::string::npos);
}

TEST(Payload, ReadsAndWritesInventories) {
    const Bytes payload = *FromHex(kNodeInventory);
    const auto items = ReadInventory(payload);
    ASSERT_TRUE(items.has_value());
    ASSERT_EQ(items->size(), 1U);
    EXPECT_TRUE(items->front().IsBlock());
    EXPECT_EQ(ToDisplayHex(items->front().hash),
              "2dea746732d1752f88ad7e0b17913527b60dcb50afe122fb2dc0c27c7f4256a0");
    EXPECT_EQ(WriteInventory(*items), payload);
    ExpectBounded(payload, [](const Bytes& bytes) { return ReadInventory(bytes).has_value(); });

    EXPECT_TRUE((InventoryItem{0x40000002, {}}.IsBlock()));
    for (const std::uint32_t type : {0u, 1u, 3u, 4u, 0x40000001u, 0x80000002u})
        EXPECT_FALSE((InventoryItem{type, {}}.IsBlock())) << type;
}

TEST(Payload, HasNoMoreInventoryThanTheProtocolAllows) {
    Bytes payload = WriteInventory(std::vector<InventoryItem>(50000));
    EXPECT_EQ(ReadInventory(payload)->size(), 50000U);
    payload = WriteInventory(std::vector<InventoryItem>(50001));
    EXPECT_NE(ReadInventory(payload).error().what.find("50001"), std::string::npos);
    // A count that would be too much memory is refused by the bytes that do not follow.
    EXPECT_FALSE(ReadInventory(*FromHex("ffffffffffffffffff")));
    EXPECT_FALSE(ReadInventory(*FromHex("fd50c3")));
}

TEST(Payload, AsksForHeadersAsANodeDoes) {
    EXPECT_EQ(ToHex(WriteGetHeaders({Regtest().genesis})),
              "80110100"
              "01"
              "06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f"
              "0000000000000000000000000000000000000000000000000000000000000000");
}

}  // namespace
}  // namespace amber::daemon_client
