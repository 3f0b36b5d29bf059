#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/daemon_client/p2p/driven_machine.h"
#include "tests/daemon_client/regtest.h"
#include "tests/support/fake_node.h"

namespace amber::daemon_client {

/// For tests of the protocol in virtual time: a machine, and a chain for its peer to send.
class MachineTest : public ::testing::Test {
protected:
    MachineTest() {
        for (const index::Bytes& block : chain_) hashes_.push_back(test::HashOfBlock(block));
    }
    /// The headers message with blocks [first, last) of the chain.
    index::Bytes Headers(std::size_t first, std::size_t last) const {
        index::Bytes payload{static_cast<std::uint8_t>(last - first)};
        for (std::size_t i = first; i < last; ++i) {
            payload.insert(payload.end(), chain_[i].begin(), chain_[i].begin() + 80);
            payload.push_back(0);
        }
        return payload;
    }
    void NotFound(std::vector<index::BlockHash> hashes) {
        std::vector<InventoryItem> items;
        for (const index::BlockHash& hash : hashes) items.push_back({InventoryItem::kBlock, hash});
        peer_.Receive(Command::notfound, WriteInventory(items));
    }
    void Announce(const index::BlockHash& hash) {
        peer_.Receive(Command::inv, WriteInventory({{InventoryItem::kBlock, hash}}));
    }
    Message LastSent() {
        const auto sent = peer_.TakeSent();
        return sent.empty() ? Message{} : sent.back();
    }
    const PeerError& Error() const { return *peer_.Machine().Error(); }
    void ExpectAnswer(const std::shared_ptr<DrivenMachine::Asked>& asked,
                      const std::vector<index::Bytes>& got,
                      const std::vector<index::BlockHash>& missing = {}) {
        EXPECT_EQ(asked->answers, 1U);
        ASSERT_FALSE(asked->error) << asked->error->message;
        EXPECT_EQ(asked->got, got);
        EXPECT_EQ(asked->missing, missing);
    }
    void ExpectError(const std::shared_ptr<DrivenMachine::Asked>& asked, PeerError::Kind kind) {
        EXPECT_EQ(asked->answers, 1U);
        ASSERT_TRUE(asked->error);
        EXPECT_EQ(asked->error->kind, kind) << asked->error->message;
        EXPECT_TRUE(asked->error->message.starts_with("peer staged:1: ")) << asked->error->message;
    }

    const std::vector<index::Bytes> chain_ = test::MakeChain(12);
    std::vector<index::BlockHash> hashes_;
    DrivenMachine peer_;
};

}  // namespace amber::daemon_client
