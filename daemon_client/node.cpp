#include "daemon_client/node.h"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <stdexcept>

#include "daemon_client/absent_rpc.h"
#include "daemon_client/block_fetcher.h"
#include "daemon_client/mempool_reader.h"
#include "daemon_client/node_check.h"
#include "daemon_client/node_files.h"
#include "daemon_client/node_url.h"
#include "daemon_client/notifier.h"
#include "daemon_client/p2p/peer_address.h"
#include "daemon_client/p2p/peer_feed.h"
#include "daemon_client/p2p/peer_fetcher.h"
#include "daemon_client/p2p/peer_set.h"
#include "daemon_client/p2p/peer_transactions.h"
#include "daemon_client/p2p/spare_peers.h"
#include "daemon_client/prefetcher.h"
#include "daemon_client/rpc_client.h"
#include "daemon_client/wallet_gateway.h"

namespace amber::daemon_client {

using index::NodeEvent;
using index::NodeResult;

namespace {

std::filesystem::path DefaultCookieFile(const index::Coin& coin) {
    const char* home = std::getenv("HOME");
    if (home == nullptr) return {};
    return std::filesystem::path(home) / ".bitcoin" / coin.node_datadir_suffix / ".cookie";
}

NodeOptions WithDefaults(NodeOptions options, const index::Coin& coin) {
    if (options.urls.empty())
        options.urls.push_back("http://127.0.0.1:" + std::to_string(coin.node_rpc_port));
    if (options.cookie_file.empty()) options.cookie_file = DefaultCookieFile(coin);
    return options;
}

std::vector<NodeUrl> ParseUrls(const std::vector<std::string>& texts, const index::Coin& coin) {
    if (texts.empty()) throw std::invalid_argument("no daemon URL");
    std::vector<NodeUrl> urls;
    for (const std::string& text : texts) urls.push_back(ParseNodeUrl(text, coin.node_rpc_port));
    return urls;
}

/// Nodes that are somebody's own are soon tried again.
constexpr std::chrono::milliseconds kLastRetry(10000);
/// Where there is JSON-RPC to turn to, a peer is not waited for as long.
constexpr std::chrono::milliseconds kSpareTimeout(10000);

constexpr std::chrono::milliseconds kPeerWait(1000);

/// Where nodes take peers, if they do, of which we know only their RPC.
std::vector<std::string> UsualPeers(const index::Coin& coin, const NodeOptions& options) {
    if (!options.use_rpc) return {PeerAddress{"127.0.0.1", coin.node_p2p_port}.Label()};
    std::vector<std::string> peers;
    for (const NodeUrl& url : ParseUrls(options.urls, coin))
        peers.push_back(PeerAddress{url.host, coin.node_p2p_port}.Label());
    return peers;
}

PeerSetOptions PeerSetOptionsOf(const index::Coin& coin, const NodeOptions& options) {
    PeerSetOptions peers;
    peers.addresses = options.peers.empty() ? UsualPeers(coin, options) : options.peers;
    peers.last_retry = kLastRetry;
    return peers;
}

PeerSetOptions SparePeersOptionsOf(const index::Coin& coin, const NodeOptions& options) {
    PeerSetOptions peers = PeerSetOptionsOf(coin, options);
    peers.request_timeout = kSpareTimeout;
    peers.guessed = options.peers.empty();
    return peers;
}

PeerFeedOptions PeerFeedOptionsOf(const NodeOptions& options) {
    PeerFeedOptions feed;
    feed.window.budget = options.prefetch_bytes;
    feed.parse_threads = options.parse_threads;
    return feed;
}

/// The node by RPC, and what is only to be had so.
struct RpcSide {
    RpcSide(const index::Coin& coin, const NodeOptions& options, index::NodeEventSink sink)
        : client(coin, options, ParseUrls(options.urls, coin)),
          files(coin, options, client),
          mempool(client),
          wallet(client, files),
          notifier(options, client, std::move(sink)) {}

    RpcClient client;
    NodeFiles files;
    MempoolReader mempool;
    WalletGateway wallet;
    Notifier notifier;
};

/// Blocks that a node's RPC names: from files, by REST, from peers or by RPC.
struct AskedBlocks {
    AskedBlocks(const index::Coin& coin, const NodeOptions& options, RpcSide& rpc)
        : fetcher(rpc.client, rpc.files, options.source, MakeSparePeers(coin, options)),
          prefetcher(coin, options, rpc.client, fetcher) {}

    SparePeers* MakeSparePeers(const index::Coin& coin, const NodeOptions& options) {
        if (options.source != Source::automatic || !options.use_peers) return nullptr;
        return &peers.emplace(coin, SparePeersOptionsOf(coin, options));
    }

    std::optional<SparePeers> peers;
    BlockFetcher fetcher;
    Prefetcher prefetcher;
};

/// Blocks from peers.
struct PeerBlocks {
    PeerBlocks(const index::Coin& coin, const NodeOptions& options, index::NodeEventSink sink)
        : set(coin, PeerSetOptionsOf(coin, options)),
          fetcher(coin),
          transactions(coin, fetcher),
          feed(
              coin, PeerFeedOptionsOf(options),
              [this](std::chrono::milliseconds delay, std::function<void()> task) {
                  set.After(delay, std::move(task));
              },
              std::move(sink)) {}

    void Start() {
        set.Start(
            {.on_ready =
                 [this, on_ready = feed.Events().on_ready](std::shared_ptr<Peer> peer) {
                     fetcher.OnReady(peer);
                     on_ready(std::move(peer));
                 },
             .on_gone =
                 [this, on_gone = feed.Events().on_gone](std::uint64_t id, const PeerError& why) {
                     fetcher.OnGone(id);
                     on_gone(id, why);
                 },
             .on_blocks = feed.Events().on_blocks});
        feed.Start();
    }
    void Stop() {
        feed.Stop();
        fetcher.Stop();
        set.Stop();
    }

    PeerSet set;
    PeerFetcher fetcher;  ///< blocks out of turn
    PeerTransactions transactions;
    PeerFeed feed;
};

}  // namespace

class Node::Impl {
public:
    Impl(const index::Coin& coin, NodeOptions options)
        : coin_(coin), options_(WithDefaults(std::move(options), coin)) {
        const bool by_peers = options_.source == Source::p2p;
        if (!options_.use_rpc && !by_peers)
            throw std::invalid_argument("without RPC, blocks can only come from peers");
        if (options_.use_rpc)
            rpc_.emplace(coin_, options_, [this](const NodeEvent& event) { OnEvent(event); });
        if (by_peers)
            peers_.emplace(coin_, options_, [this](const NodeEvent& event) { Tell(event); });
        else
            asked_.emplace(coin_, options_, *rpc_);
        if (rpc_) return;
        mempool_.emplace(Blocks());
        no_wallet_.emplace(peers_->transactions);
    }

    ~Impl() { Stop(); }

    void Start(index::NodeEventSink sink) {
        sink_ = std::move(sink);
        if (rpc_) {
            rpc_->client.Start();
            rpc_->files.Start();
            rpc_->notifier.Start();
        } else {
            spdlog::info(
                "there is no RPC of a node: no unconfirmed transactions, broadcasts and fees for "
                "wallets");
        }
        if (peers_) {
            spdlog::info("blocks come from peers");
            peers_->Start();
        }
    }

    void Stop() {
        if (asked_) asked_->prefetcher.Stop();
        if (asked_ && asked_->peers) asked_->peers->Stop();
        if (peers_) peers_->Stop();
        if (!rpc_) return;
        rpc_->notifier.Stop();
        rpc_->client.Stop();
        rpc_->files.Stop();
    }

    NodeResult<NodeReport> Check() {
        if (rpc_) return CheckNode(rpc_->client, coin_);
        if (const auto label = peers_->feed.WaitForPeer(kPeerWait)) {
            NodeReport report;
            report.daemon = *label;
            return report;
        }
        std::string trouble = "no peer is connected yet";
        for (const auto& peer : peers_->set.Status())
            if (!peer.last_error.empty()) trouble += "; " + peer.last_error;
        return index::NodeError{index::NodeError::Kind::unreachable, 0, trouble};
    }

    index::BlockFeed& Blocks() {
        if (peers_) return peers_->feed;
        return asked_->prefetcher;
    }
    index::MempoolSource& Mempool() {
        if (rpc_) return rpc_->mempool;
        return *mempool_;
    }
    index::WalletNode& Wallet() {
        if (rpc_) return rpc_->wallet;
        return *no_wallet_;
    }

    void Wake() {
        if (peers_)
            peers_->feed.Wake();
        else
            asked_->prefetcher.Wake();
    }

    std::optional<std::string> SetUrls(const std::vector<std::string>& texts) {
        if (!rpc_) return "amberd runs without a node's RPC (--daemon none)";
        try {
            rpc_->client.SetUrls(ParseUrls(texts, coin_));
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return std::nullopt;
    }

    Status GetStatus() {
        Status status;
        if (rpc_) {
            const DaemonInfo daemon = rpc_->client.Current();
            status = {daemon.label,
                      daemon.verified,
                      rpc_->files.Directory(),
                      {},
                      {},
                      rpc_->notifier.ZmqTellsBlocks(),
                      rpc_->notifier.ZmqTellsMempool()};
        } else if (const auto label = peers_->feed.WaitForPeer({})) {
            status.daemon = *label;
            status.connected = true;
        }
        status.source = peers_ ? "p2p" : asked_->fetcher.InUse();
        for (const auto& peer : PeerStatus())
            status.peers.push_back({peer.label, peer.ready, peer.last_error});
        return status;
    }

    [[nodiscard]] std::vector<PeerSet::PeerStatus> PeerStatus() const {
        if (peers_) return peers_->set.Status();
        if (asked_->peers) return asked_->peers->Status();
        return {};
    }

    void OnEvent(const NodeEvent& event) {
        if (event.kind == NodeEvent::Kind::tip_changed) Wake();
        Tell(event);
    }

    void Tell(const NodeEvent& event) {
        if (event.kind == NodeEvent::Kind::tip_changed && rpc_) rpc_->files.OnTip();
        sink_(event);
    }

    const index::Coin& coin_;
    const NodeOptions options_;
    index::NodeEventSink sink_;
    std::optional<RpcSide> rpc_;
    // One of these two.
    std::optional<AskedBlocks> asked_;
    std::optional<PeerBlocks> peers_;
    // Where there is no RPC.
    std::optional<EmptyMempool> mempool_;
    std::optional<AbsentWalletNode> no_wallet_;
};

Node::Node(const index::Coin& coin, NodeOptions options)
    : impl_(std::make_unique<Impl>(coin, std::move(options))) {}

Node::~Node() = default;

void Node::Start(index::NodeEventSink sink) { impl_->Start(std::move(sink)); }
void Node::Stop() { impl_->Stop(); }

NodeResult<NodeReport> Node::Check() { return impl_->Check(); }

index::BlockFeed& Node::Blocks() { return impl_->Blocks(); }
index::MempoolSource& Node::Mempool() { return impl_->Mempool(); }
index::WalletNode& Node::Wallet() { return impl_->Wallet(); }

void Node::Wake() { impl_->Wake(); }

std::optional<std::string> Node::SetUrls(const std::vector<std::string>& urls) {
    return impl_->SetUrls(urls);
}

Node::Status Node::GetStatus() const { return impl_->GetStatus(); }

}  // namespace amber::daemon_client
