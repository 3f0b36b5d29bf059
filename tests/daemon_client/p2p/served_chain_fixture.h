#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "daemon_client/p2p/payload.h"
#include "tests/daemon_client/p2p/driven_machine.h"
#include "tests/daemon_client/p2p/staged_peer.h"
#include "tests/daemon_client/p2p/watched_peers.h"
#include "tests/daemon_client/regtest.h"
#include "tests/support/fake_node.h"
#include "tests/support/sanitized.h"

namespace amber::daemon_client {

/// What anything over a real socket may take at most beyond the limits set.
constexpr std::chrono::milliseconds kSlack{kSanitized ? 3000 : 1000};

/// For tests over real sockets: a chain, and a peer that serves it as a node does.
class ServedChainTest : public ::testing::Test {
protected:
    using Kind = PeerError::Kind;
    using Clock = std::chrono::steady_clock;
    using Connection = StagedPeer::Connection;

    ServedChainTest() {
        for (const index::Bytes& block : chain_) hashes_.push_back(test::HashOfBlock(block));
    }
    void Serve(Connection& connection) const {
        if (!connection.ShakeHands()) return;
        while (const auto asked = connection.Read()) {
            if (asked->command == "getheaders") SendHeaders(connection);
            if (asked->command == "getdata") SendBlocks(connection, asked->payload);
            if (asked->command == "ping") connection.Send(Command::pong, asked->payload);
        }
    }
    void SendHeaders(Connection& connection) const {
        index::Bytes payload{static_cast<std::uint8_t>(chain_.size() - 1)};
        for (std::size_t i = 1; i < chain_.size(); ++i) {
            payload.insert(payload.end(), chain_[i].begin(), chain_[i].begin() + 80);
            payload.push_back(0);
        }
        connection.Send(Command::headers, payload);
    }
    void SendBlocks(Connection& connection, const index::Bytes& getdata) const {
        const auto items = ReadInventory(getdata);
        for (const InventoryItem& item : *items) {
            const auto found = std::ranges::find(hashes_, item.hash);
            if (found == hashes_.end())
                connection.Send(Command::notfound, WriteInventory({item}));
            else
                connection.Send(Command::block, chain_[found - hashes_.begin()]);
        }
    }
    /// For those who never shake hands.
    static PeerSetOptions ImpatientOptions(std::vector<std::string> addresses) {
        PeerSetOptions options = QuickOptions(std::move(addresses));
        options.handshake_timeout = std::chrono::milliseconds(500);
        return options;
    }

    const std::vector<index::Bytes> chain_ = test::MakeChain(20);
    std::vector<index::BlockHash> hashes_;
    StagedPeer good_{[this](Connection& connection) { Serve(connection); }};
};

}  // namespace amber::daemon_client
