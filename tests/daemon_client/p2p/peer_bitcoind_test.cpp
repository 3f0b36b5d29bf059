// Against a real node: it speaks the protocol as we think it does.
#include <gtest/gtest.h>

#include <thread>

#include "tests/daemon_client/block_files/block_directory.h"
#include "tests/daemon_client/p2p/watched_peers.h"
#include "tests/daemon_client/regtest.h"
#include "tests/support/bitcoind.h"
#include "tests/support/fake_node.h"

namespace amber::daemon_client {
namespace {

using namespace std::chrono_literals;
using index::BlockHash;
using index::Bytes;

TEST(PeerBitcoind, ShakesHandsAndGetsHeadersAndBlocks) {
    AMBER_NEEDS_BITCOIND();
    const auto chain = test::MakeChain(2100);
    BlockDirectory source;
    for (const Bytes& block : chain) source.AppendRecord(0, block);
    const std::uint16_t port = test::UnusedPort();
    test::Bitcoind node({"-loadblock=" + source.PathOf(0).string(), "-listen=1",
                         "-bind=127.0.0.1:" + std::to_string(port), "-listenonion=0"});
    node.Start();
    PeerSetOptions options = QuickOptions({"127.0.0.1:" + std::to_string(port)});
    options.handshake_timeout = 5s;
    options.request_timeout = 1s;
    options.first_retry = 20ms;
    options.last_retry = 100ms;
    options.heartbeat = 3s;  // a node that reads blocks is slow to answer
    WatchedPeers peers(options);
    auto peer = peers.WaitReady();
    EXPECT_GE(peer->GetFacts().protocol_version, 70016U);
    EXPECT_TRUE(peer->GetFacts().user_agent.starts_with("/Satoshi:"))
        << peer->GetFacts().user_agent;

    // It listens before it has read all blocks, and answers no getheaders meanwhile.
    std::vector<BlockHash> hashes{Regtest().genesis};
    const auto patience = std::chrono::steady_clock::now() + 60s;
    while (hashes.size() < chain.size() && std::chrono::steady_clock::now() < patience) {
        const auto headers = AskHeaders(*peer, {hashes.back(), hashes.front()});
        if (headers.has_error() && headers.error().kind == PeerError::Kind::timeout) continue;
        ASSERT_TRUE(headers.has_value()) << headers.error().message;
        for (const Bytes& header : *headers) {
            ASSERT_EQ(Regtest().codec->PreviousHash(header), hashes.back());
            hashes.push_back(Regtest().codec->HashHeader(header));
        }
        if (headers->empty()) std::this_thread::sleep_for(20ms);
    }
    ASSERT_EQ(hashes.size(), chain.size());
    EXPECT_EQ(hashes.back(), test::HashOfBlock(chain.back()));
    const auto all = AskHeaders(*peer, {hashes.front()});
    EXPECT_EQ(all->size(), 2000U) << "as many as fit in a message";
    EXPECT_TRUE(AskHeaders(*peer, {hashes.back()})->empty());

    const std::vector<BlockHash> wanted(hashes.begin() + 5, hashes.begin() + 105);
    const auto blocks = AskBlocks(*peer, wanted);
    ASSERT_TRUE(blocks.has_value()) << blocks.error().message;
    ASSERT_EQ(blocks->raw.size(), wanted.size());
    EXPECT_TRUE(blocks->missing.empty());
    for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(blocks->raw[i], chain[i + 5]);

    const auto pinged = std::chrono::steady_clock::now() + 10s;
    while (peers.set.Status().front().round_trip == 0us &&
           std::chrono::steady_clock::now() < pinged)
        std::this_thread::sleep_for(5ms);
    EXPECT_GT(peers.set.Status().front().round_trip, 0us);
    node.Stop();
    EXPECT_EQ(peers.WaitGone().kind, PeerError::Kind::closed);
    EXPECT_EQ(AskHeaders(*peer, {hashes.back()}).error().kind, PeerError::Kind::closed);
}

}  // namespace
}  // namespace amber::daemon_client
