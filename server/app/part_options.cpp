#include "server/app/part_options.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <stdexcept>

#include "config/version.h"
#include "index/chain/coin.h"
#include "server/peers/our_features.h"
#include "server/peers/seeds.h"
#include "server/wire/parse_address.h"

namespace amber::server {

namespace {

std::size_t CacheBytesOf(const config::Options& options) {
    return std::size_t{options.cache_mb} * 1'000'000;
}
/// While serving. An answer takes a tenth of the memory of the rows it is computed from.
std::size_t AnswerCacheBytesOf(const config::Options& options) { return CacheBytesOf(options) / 4; }

void AddListeners(ServerOptions& server, TransportKind kind,
                  const std::vector<config::Endpoint>& addresses) {
    for (const auto& at : addresses) {
        ListenOptions listen{.transport = kind, .host = at.host, .port = at.port};
        if (config::IsUnixPath(at)) listen.unix_path = at.host;
        server.listeners.push_back(std::move(listen));
    }
}

std::string SoftwareOf() { return "Amber " + std::string(config::Version()); }

std::vector<PublicHost> PublicHostsOf(const std::vector<config::Service>& services) {
    std::vector<PublicHost> hosts;
    for (const auto& service : services) {
        PublicHost host{.name = service.address.host};
        const std::uint16_t port = service.address.port;
        switch (service.protocol) {
            case config::Protocol::tcp:
                host.tcp_port = port;
                break;
            case config::Protocol::ssl:
                host.ssl_port = port;
                break;
            case config::Protocol::ws:
                host.ws_port = port;
                break;
            case config::Protocol::wss:
                host.wss_port = port;
                break;
        }
        hosts.push_back(host);
    }
    return hosts;
}

/// A server that nobody is told of keeps to itself: to look for peers would tell strangers of it,
/// and its wallets of strangers. One with onions only hides where it is, so that it looks through
/// Tor.
bool WantsPeers(const config::Options& options) {
    const auto ours = PublicPeerHostsOf(PublicHostsOf(options.report_service));
    if (options.coin->network == "regtest" || ours.empty()) return false;
    const bool hidden = std::ranges::all_of(ours, IsOnion, &PeerHost::name);
    return !hidden || options.force_proxy;
}

/// Nothing: off.
std::optional<PeerOptions::Mode> PeerModeOf(const config::Options& options) {
    switch (options.peer_discovery) {
        case config::PeerDiscovery::automatic:
            return WantsPeers(options) ? std::optional(PeerOptions::Mode::on) : std::nullopt;
        case config::PeerDiscovery::on:
            return PeerOptions::Mode::on;
        case config::PeerDiscovery::self:
            return PeerOptions::Mode::self;
        case config::PeerDiscovery::off:
            return std::nullopt;
    }
    std::abort();
}

std::vector<PeerHost> OwnPeersOf(const config::Options& options) {
    for (const auto& peer : options.peer)
        if (!ParseHostName(peer.address.host))
            throw std::runtime_error("peer: " + peer.address.host +
                                     " is neither an address nor a name with a dot in it");
    return PeerHostsOf(PublicHostsOf(options.peer));
}

/// Where Tor connects from if it serves an onion of ours without a PROXY header: from where its
/// proxy listens.
std::optional<Subnet> TorHereOf(const config::Options& options) {
    const bool onion = std::ranges::any_of(
        options.report_service, [](const auto& service) { return IsOnion(service.address.host); });
    if (!onion || !options.tor_proxy) return std::nullopt;
    const auto address = ParseAddress(options.tor_proxy->host);
    if (!address) return std::nullopt;
    return Subnet::Of(*address, 128);
}

}  // namespace

Limits LimitsOf(const config::Options& options) {
    Limits limits;
    limits.max_sessions = options.max_sessions;
    limits.max_sessions_per_ip = options.max_sessions_per_ip;
    limits.max_handshakes = options.max_handshakes;
    limits.max_subscriptions_per_session = options.max_subscriptions;
    limits.max_subscriptions_per_ip = options.max_subscriptions_per_ip;
    limits.max_subscriptions = options.max_subscriptions_total;
    limits.max_receive_bytes = options.max_recv;
    limits.max_send_bytes = options.max_send;
    limits.max_batch_items = options.max_batch;
    limits.history_limit = options.history_limit;
    limits.max_in_flight = options.max_in_flight;
    limits.idle_timeout = std::chrono::seconds(options.session_timeout);
    limits.request_timeout = std::chrono::seconds(options.request_timeout);
    limits.cost_soft_limit = options.cost_soft_limit;
    limits.cost_hard_limit = options.cost_hard_limit;
    return limits;
}

std::vector<Subnet> ExemptOf(const config::Options& options) {
    std::vector<Subnet> exempt;
    for (const auto& subnet : options.exempt_subnet)
        exempt.emplace_back(subnet.address, subnet.bits);
    return exempt;
}

ServerOptions ServerOptionsOf(const config::Options& options) {
    ServerOptions server;
    AddListeners(server, TransportKind::tcp, options.tcp);
    AddListeners(server, TransportKind::ssl, options.ssl);
    AddListeners(server, TransportKind::ws, options.ws);
    AddListeners(server, TransportKind::wss, options.wss);
    server.certificate = {options.cert, options.key};
    if (options.cert.empty())
        server.certificate = {options.datadir / "cert.pem", options.datadir / "key.pem", true};
    for (const auto& subnet : options.proxy_protocol.subnets)
        server.proxies.subnets.emplace_back(subnet.address, subnet.bits);
    server.proxies.unix_sockets = options.proxy_protocol.unix_sockets;
    server.exempt = ExemptOf(options);
    server.ban_file = options.datadir / "bans";
    server.public_hosts = PublicHostsOf(options.report_service);
    server.software = SoftwareOf();
    server.donation_address = options.donation_address;
    server.io_threads = options.io_threads;
    static_cast<Limits&>(server) = LimitsOf(options);
    server.answer_cache_bytes = AnswerCacheBytesOf(options);
    server.version_first = options.strict_version;
    server.pad_answers = options.pad_answers;
    server.banner_file = options.banner_file;
    server.tor_banner_file = options.tor_banner;
    if (const auto tor = TorHereOf(options)) server.tor_callers.push_back(*tor);
    return server;
}

std::optional<PeerOptions> PeerOptionsOf(const config::Options& options) {
    const auto mode = PeerModeOf(options);
    if (!mode) return std::nullopt;
    PeerOptions peers;
    peers.mode = *mode;
    peers.announce = options.peer_announce;
    peers.software = SoftwareOf();
    peers.public_hosts = PublicHostsOf(options.report_service);
    peers.seeds = OwnPeersOf(options);
    std::ranges::move(SeedsOf(*options.coin), std::back_inserter(peers.seeds));
    if (options.tor_proxy)
        peers.proxy = PeerOptions::Proxy{options.tor_proxy->host, options.tor_proxy->port};
    peers.proxy_for_all = options.force_proxy;
    for (const auto* listeners : {&options.ssl, &options.tcp})
        for (const auto& at : *listeners) {
            const auto address = ParseAddress(at.host);
            if (address && !address->is_unspecified()) peers.local_addresses.push_back(*address);
        }
    peers.file = options.datadir / "peers.json";
    peers.private_too = options.coin->network == "regtest";
    return peers;
}

daemon_client::NodeOptions NodeOptionsOf(const config::Options& options) {
    daemon_client::NodeOptions node;
    node.urls = options.daemon;
    node.cookie_file = options.daemon_cookie;
    switch (options.source) {
        case config::Source::automatic:
            node.source = daemon_client::Source::automatic;
            break;
        case config::Source::rpc:
            node.source = daemon_client::Source::rpc;
            break;
        case config::Source::rest:
            node.source = daemon_client::Source::rest;
            break;
        case config::Source::files:  // what is in them is read before
            node.source = daemon_client::Source::automatic;
            break;
        case config::Source::p2p:
            node.source = daemon_client::Source::p2p;
            break;
    }
    node.use_rpc = !options.daemon.empty();
    if (!node.use_rpc) node.source = daemon_client::Source::p2p;
    if (options.p2p) {
        for (const auto& peer : *options.p2p) node.peers.push_back(ToString(peer));
        node.use_peers = !options.p2p->empty();
    }
    node.use_block_files = options.blocks_dir != config::kBlocksDirOff;
    if (options.blocks_dir != config::kBlocksDirAuto) node.blocks_dir = options.blocks_dir;
    if (options.zmq) {
        node.zmq_endpoints = *options.zmq;
        node.use_zmq = !options.zmq->empty();
    }
    return node;
}

index::IndexerOptions IndexerOptionsOf(const config::Options& options) {
    index::IndexerOptions indexer;
    indexer.reorg_limit = options.reorg_limit;
    indexer.cache_bytes = CacheBytesOf(options);
    indexer.read_cache_bytes = CacheBytesOf(options) - AnswerCacheBytesOf(options);
    if (options.first_sync != config::FirstSync::blocks)
        indexer.bulk_folder = FirstSyncFolderOf(options);
    if (options.first_sync == config::FirstSync::bulk) indexer.bulk_from_bytes = 0;
    return indexer;
}

index::store::StoreOptions StoreOptionsOf(const config::Options& options) {
    return {.path = options.datadir / "index", .cache_bytes = CacheBytesOf(options)};
}

std::filesystem::path FirstSyncFolderOf(const config::Options& options) {
    return options.datadir / "first-sync";
}

std::filesystem::path BlocksDirOf(const config::Options& options) {
    if (options.blocks_dir != config::kBlocksDirAuto) return options.blocks_dir;
    return options.daemon_cookie.parent_path() / "blocks";
}

std::unique_ptr<daemon_client::FileFeed> OpenFiles(const config::Options& options,
                                                   const std::vector<std::filesystem::path>& paths,
                                                   daemon_client::MerkleRoots merkle_roots) {
    auto feed = daemon_client::FileFeed::Open(*options.coin, paths, {.merkle_roots = merkle_roots});
    if (!feed) throw std::runtime_error("cannot read blocks: " + feed.error().Text());
    return std::move(*feed);
}

}  // namespace amber::server
