#include "daemon_client/node.h"

#include <cstdlib>
#include <stdexcept>

#include "daemon_client/block_fetcher.h"
#include "daemon_client/node_files.h"
#include "daemon_client/mempool_reader.h"
#include "daemon_client/node_check.h"
#include "daemon_client/node_url.h"
#include "daemon_client/notifier.h"
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

}  // namespace

class Node::Impl {
public:
    Impl(const index::Coin& coin, NodeOptions options)
        : coin_(coin),
          options_(WithDefaults(std::move(options), coin)),
          client_(coin, options_, ParseUrls(options_.urls, coin)),
          files_(coin, options_, client_),
          fetcher_(client_, files_, options_.source),
          prefetcher_(coin, options_, client_, fetcher_),
          mempool_(client_),
          wallet_(client_, files_),
          notifier_(options_, client_, [this](const NodeEvent& event) { OnEvent(event); }) {}

    ~Impl() { Stop(); }

    void Start(index::NodeEventSink sink) {
        sink_ = std::move(sink);
        client_.Start();
        files_.Start();
        notifier_.Start();
    }

    void Stop() {
        prefetcher_.Stop();
        notifier_.Stop();
        client_.Stop();
        files_.Stop();
    }

    std::optional<std::string> SetUrls(const std::vector<std::string>& texts) {
        try {
            client_.SetUrls(ParseUrls(texts, coin_));
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return std::nullopt;
    }

    Status GetStatus() const {
        const DaemonInfo daemon = client_.Current();
        return {daemon.label,
                daemon.verified,
                files_.Directory(),
                fetcher_.InUse(),
                notifier_.ZmqTellsBlocks(),
                notifier_.ZmqTellsMempool()};
    }

    void OnEvent(const NodeEvent& event) {
        if (event.kind == NodeEvent::Kind::tip_changed) {
            prefetcher_.Wake();
            files_.OnTip();
        }
        sink_(event);
    }

    const index::Coin& coin_;
    const NodeOptions options_;
    RpcClient client_;
    NodeFiles files_;
    BlockFetcher fetcher_;
    Prefetcher prefetcher_;
    MempoolReader mempool_;
    WalletGateway wallet_;
    index::NodeEventSink sink_;
    Notifier notifier_;
};

Node::Node(const index::Coin& coin, NodeOptions options)
    : impl_(std::make_unique<Impl>(coin, std::move(options))) {}

Node::~Node() = default;

void Node::Start(index::NodeEventSink sink) { impl_->Start(std::move(sink)); }
void Node::Stop() { impl_->Stop(); }

NodeResult<NodeReport> Node::Check() { return CheckNode(impl_->client_, impl_->coin_); }

index::BlockFeed& Node::Blocks() { return impl_->prefetcher_; }
index::MempoolSource& Node::Mempool() { return impl_->mempool_; }
index::WalletNode& Node::Wallet() { return impl_->wallet_; }

void Node::Wake() { impl_->prefetcher_.Wake(); }

std::optional<std::string> Node::SetUrls(const std::vector<std::string>& urls) {
    return impl_->SetUrls(urls);
}

Node::Status Node::GetStatus() const { return impl_->GetStatus(); }

}  // namespace amber::daemon_client
