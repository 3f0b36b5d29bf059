#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <vector>

#include "server/limits/bound_hits.h"
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
    server::PeerDirectory* peers = nullptr;

    TestServer();

    /// Call it when world and options are as wanted; again after Stop().
    void Start();
    void Stop() { server_.reset(); }
    void Announce(const std::vector<ScriptHash>& touched = {}, std::vector<Txid> touched_txs = {}) {
        server_->OnAnnouncement(world.Announce(touched, std::move(touched_txs)));
    }
    [[nodiscard]] TestClient Connect(const char* source = nullptr) {
        return TestClient(server_->Ports().at(0), source);
    }
    [[nodiscard]] std::uint16_t WebSocketPort() { return server_->Ports().at(1); }
    [[nodiscard]] server::WalletServer& Server() { return *server_; }
    [[nodiscard]] std::vector<index::NodeEvent> NodeEvents();
    /// How often that bound was met.
    [[nodiscard]] std::uint64_t Hits(server::Bound bound) {
        return server_->Stats().bound_hits.at(static_cast<std::size_t>(bound)).second;
    }

private:
    std::mutex mutex_;
    std::vector<index::NodeEvent> events_;
    std::unique_ptr<server::WalletServer> server_;
};

/// The same, with listeners for lines and WebSockets in TLS, and a certificate of its own.
class TlsServer : public TestServer {
public:
    const std::filesystem::path folder;

    TlsServer();
    ~TlsServer();
    [[nodiscard]] std::uint16_t SslPort() { return Server().Ports().at(2); }
    [[nodiscard]] std::uint16_t WssPort() { return Server().Ports().at(3); }
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
