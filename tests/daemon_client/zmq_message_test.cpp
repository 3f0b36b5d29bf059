#include "daemon_client/zmq_message.h"

#include <gtest/gtest.h>

#include <array>

namespace amber::daemon_client {
namespace {

using namespace std::string_view_literals;
using Kind = ZmqMessage::Kind;

const std::string kHash = std::string(31, '\0') + "\x2a";  // as published: the printed order

std::optional<ZmqMessage> Read(std::string_view topic, std::string_view body,
                               std::string_view number = "\x01\x02\x00\x00"sv) {
    const std::array frames{topic, body, number};
    return ReadZmqMessage(frames);
}

TEST(ZmqMessage, ReadsBlocks) {
    const auto message = Read("hashblock", kHash);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->kind, Kind::block_connected);
    EXPECT_EQ(message->number, 0x201u);
    EXPECT_FALSE(message->from_sequence);
    EXPECT_EQ(ToDisplayHex(message->block), std::string(62, '0') + "2a");
}

TEST(ZmqMessage, ReadsSequence) {
    const std::string mempool_number(8, '\x05');
    EXPECT_EQ(Read("sequence", kHash + "A" + mempool_number)->kind, Kind::tx_added);
    EXPECT_EQ(Read("sequence", kHash + "R" + mempool_number)->kind, Kind::tx_removed);
    EXPECT_EQ(Read("sequence", kHash + "C")->kind, Kind::block_connected);
    EXPECT_EQ(Read("sequence", kHash + "D")->kind, Kind::block_disconnected);
    EXPECT_EQ(ToDisplayHex(Read("sequence", kHash + "A" + mempool_number)->txid),
              std::string(62, '0') + "2a");
}

TEST(ZmqMessage, RefusesOtherFrames) {
    EXPECT_FALSE(Read("hashblock", kHash.substr(1)));
    EXPECT_FALSE(Read("sequence", kHash));
    EXPECT_FALSE(Read("sequence", kHash + "X"));
    EXPECT_FALSE(Read("rawtx", kHash));
    EXPECT_FALSE(Read("hashblock", kHash, "\x01"));
    EXPECT_FALSE(ReadZmqMessage({}));
}

TEST(ZmqMessage, EndpointsAreSeenFromHere) {
    EXPECT_EQ(ReachableEndpoint("tcp://127.0.0.1:1", "127.0.0.1"), "tcp://127.0.0.1:1");
    EXPECT_EQ(ReachableEndpoint("tcp://0.0.0.0:1", "10.0.0.1"), "tcp://10.0.0.1:1");
    EXPECT_EQ(ReachableEndpoint("tcp://[::]:1", "fe80::1"), "tcp://[fe80::1]:1");
    EXPECT_EQ(ReachableEndpoint("tcp://*:1", "node"), "tcp://node:1");
    EXPECT_EQ(ReachableEndpoint("tcp://10.0.0.2:1", "10.0.0.1"), "tcp://10.0.0.2:1");
    EXPECT_EQ(ReachableEndpoint("tcp://127.0.0.1:1", "10.0.0.1"), std::nullopt);
    EXPECT_EQ(ReachableEndpoint("ipc:///run/zmq", "localhost"), "ipc:///run/zmq");
    EXPECT_EQ(ReachableEndpoint("ipc:///run/zmq", "10.0.0.1"), std::nullopt);
}

}  // namespace
}  // namespace amber::daemon_client
