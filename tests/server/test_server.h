#pragma once
#include <chrono>
#include <functional>
#include <mutex>
#include <vector>

#include "server/wallet_server.h"
#include "tests/server/fake_wallet_node.h"
#include "tests/server/fake_world.h"
#include "tests/server/test_client.h"

namespace amber::test {

/// A WalletServer on free loopback ports over a FakeWorld and a FakeWalletNode.
class TestServer {
public:
    FakeWorld world;
    FakeWalletNode node;
    server::ServerOptions options;

    TestServer();

    /// Call it when world and options are as wanted.
    void Start();
    void Announce(const std::vector<ScriptHash>& touched = {}, std::vector<Txid> touched_txs = {}) {
        server_->OnAnnouncement(world.Announce(touched, std::move(touched_txs)));
    }
    [[nodiscard]] TestClient Connect() { return TestClient(server_->Ports().at(0)); }
    [[nodiscard]] std::uint16_t WebSocketPort() { return server_->Ports().at(1); }
    [[nodiscard]] server::WalletServer& Server() { return *server_; }
    [[nodiscard]] std::vector<index::NodeEvent> NodeEvents();

private:
    std::mutex mutex_;
    std::vector<index::NodeEvent> events_;
    std::unique_ptr<server::WalletServer> server_;
};

/// False if `condition` does not come true within 10 s.
bool Eventually(const std::function<bool()>& condition);

/// Resident memory of this process, in bytes.
std::size_t ResidentBytes();

/// `"..."` around the display form.
template <class Hash>
std::string Quoted(const Hash& hash) {
    return '"' + ToDisplayHex(hash) + '"';
}

}  // namespace amber::test
