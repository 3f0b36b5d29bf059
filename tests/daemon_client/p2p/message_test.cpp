#include "daemon_client/p2p/message.h"

#include <gtest/gtest.h>

#include "index/chain/hex.h"
#include "tests/daemon_client/regtest.h"

namespace amber::daemon_client {
namespace {

using index::FromHex;
using index::ToHex;

// As Bitcoin Core 29 writes them on regtest.
TEST(Message, IsWrittenAsANodeWritesIt) {
    EXPECT_EQ(ToHex(WriteMessage(Regtest(), Command::verack, {})),
              "fabfb5da76657261636b000000000000000000005df6e0e2");
    EXPECT_EQ(ToHex(WriteMessage(Regtest(), Command::pong, *FromHex("2a00000000000000"))),
              "fabfb5da706f6e67000000000000000008000000f27162782a00000000000000");
    EXPECT_EQ(ToHex(WriteMessage(
                  Regtest(), Command::notfound,
                  *FromHex("0101000040"
                           "2222222222222222222222222222222222222222222222222222222222222222"))),
              "fabfb5da6e6f74666f756e640000000025000000119a6563"
              "0101000040"
              "2222222222222222222222222222222222222222222222222222222222222222");
}

TEST(Message, BeginsWithTheMagicOfTheNetwork) {
    const auto& mainnet = *index::FindCoin("bitcoin", "mainnet");
    EXPECT_EQ(ToHex(WriteMessage(mainnet, Command::verack, {})),
              "f9beb4d976657261636b000000000000000000005df6e0e2");
}

TEST(Message, EveryCommandIsFoundByItsName) {
    for (std::size_t i = 0; i < kCommands; ++i) {
        const auto command = static_cast<Command>(i);
        EXPECT_EQ(FindCommand(CommandName(command)), command);
        EXPECT_LE(CommandName(command).size(), kCommandBytes);
    }
    EXPECT_EQ(FindCommand("sendaddrv2"), Command::other);
    EXPECT_EQ(FindCommand(""), Command::other);
    EXPECT_EQ(FindCommand("blocks"), Command::other);
    EXPECT_EQ(FindCommand("bloc"), Command::other);
}

}  // namespace
}  // namespace amber::daemon_client
