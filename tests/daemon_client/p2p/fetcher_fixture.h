#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>

#include "daemon_client/p2p/peer_fetcher.h"
#include "tests/daemon_client/p2p/fake_peer.h"
#include "tests/daemon_client/regtest.h"

namespace amber::daemon_client {

/// For tests of what is fetched from peers: a fetcher that hears of all there are.
class FetcherTest : public ::testing::Test {
protected:
    /// `rest`: of a peer that did not answer in time.
    FetcherTest(FakeChain chain, std::chrono::milliseconds rest)
        : chain_(std::move(chain)), fetcher_(Regtest(), rest, rest) {
        network_.Start(
            {.on_ready = [this](std::shared_ptr<Peer> peer) { fetcher_.OnReady(std::move(peer)); },
             .on_gone = [this](std::uint64_t id, const PeerError&) { fetcher_.OnGone(id); },
             .on_blocks = {}});
    }
    /// While those who wait for answers are still there.
    void TearDown() override {
        fetcher_.Stop();
        network_.Stop();
    }

    /// A peer of the chain, once the fetcher has it.
    std::shared_ptr<FakePeer> Connect(FakePeer::Faults faults = {}) {
        return ConnectAndWait(network_, chain_, std::move(faults));
    }

    const FakeChain chain_;
    FakeNetwork network_;
    PeerFetcher fetcher_;
};

}  // namespace amber::daemon_client
