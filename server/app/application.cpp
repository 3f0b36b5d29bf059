#include "server/app/application.h"

#include <spdlog/fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "config/version.h"
#include "index/digest.h"
#include "server/app/digest_text.h"
#include "server/app/part_options.h"
#include "server/app/signals.h"
#include "server/console/log.h"
#include "server/import/import_blocks.h"

namespace amber::server {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {
constexpr milliseconds kNodeCheckPause(1000);

std::unique_ptr<PeerFinder> MakePeers(const config::Options& options) {
    auto peers = PeerOptionsOf(options);
    return peers ? std::make_unique<PeerFinder>(std::move(*peers), *options.coin) : nullptr;
}
}  // namespace

Application::Application(const config::Options& options)
    : options_(options),
      store_(StoreOptionsOf(options)),
      node_(*options.coin, NodeOptionsOf(options)),
      indexer_(*options.coin, store_, IndexerOptionsOf(options)),
      peers_(MakePeers(options)),
      wallets_(
          ServerOptionsOf(options), *options.coin, node_.Wallet(),
          [this](const index::NodeEvent& event) { indexer_.OnNodeEvent(event); }, peers_.get()),
      limits_(options, wallets_),
      admin_(options.admin ? std::make_unique<AdminServer>(options.admin->host, options.admin->port,
                                                           MakeTarget())
                           : nullptr) {
    wallets_.CheckAddresses();
    indexer_.SetSinks([this](const auto& announcement) { wallets_.OnAnnouncement(announcement); },
                      [this](const index::View& view) { OnSynced(view); });
}

bool Application::CheckNode() {
    std::string said;
    while (!stopping_) {
        const auto report = node_.Check();
        if (report && report->problems.empty()) {
            for (const auto& note : report->notes) spdlog::info("{}", note);
            const std::lock_guard lock(progress_mutex_);
            if (report->tx_count > 0) node_chain_ = {report->height, report->tx_count};
            return true;
        }
        if (report) {
            for (const auto& problem : report->problems) spdlog::error("{}", problem);
            return false;
        }
        if (report.error().message != said) spdlog::warn("{}", report.error().message);
        said = report.error().message;
        std::this_thread::sleep_for(kNodeCheckPause);
    }
    return false;
}

/// What is in the node's files, whether it runs or not.
void Application::ReadFiles() {
    const auto feed =
        OpenFiles(options_, {BlocksDirOf(options_)}, daemon_client::MerkleRoots::check);
    spdlog::info("reading the blocks in {}", BlocksDirOf(options_).string());
    ImportBlocks(indexer_, *feed, stop_.get_token());
}

void Application::Sync() {
    try {
        if (options_.source == config::Source::files) ReadFiles();
        if (CheckNode())
            indexer_.Run(node_.Blocks(), node_.Mempool());
        else if (!stopping_)
            failed_ = true;
    } catch (const std::exception& error) {
        spdlog::error("{}", error.what());
        failed_ = true;
    }
    stopping_ = true;
}

void Application::OnSynced(const index::View& view) {
    wallets_.Start(indexer_.CurrentView());
    spdlog::info("wallets can connect to {}", fmt::join(wallets_.Addresses(), ", "));
    spdlog::info("ready: height={} tip={}", view.tip.height.value,
                 index::ToDisplayHex(view.tip.hash));
    service_manager_.Ready();
    if (peers_) peers_->Start([this] { return indexer_.CurrentView(); });
}

void Application::Tick(ProgressDisplay& display) {
    const auto status = indexer_.Status();
    const auto now = steady_clock::now();
    ProgressReading reading;
    {
        const std::lock_guard lock(progress_mutex_);
        meter_.Add(SampleOf(status, now, node_chain_));
        reading = meter_.Read();
    }
    if (status.synced) {
        display.Hide();
        service_manager_.Status("serving at height " + std::to_string(status.tip->height.value));
    } else if (status.tip) {
        display.Show(reading, now);
        service_manager_.Status(FormatProgress(reading));
    }
    wallets_.PollBanners();
    if (service_manager_.WatchdogInterval()) service_manager_.Watchdog();
}

void Application::OnSignal(int signal) {
    if (signal == SIGHUP) {
        spdlog::info("SIGHUP: reading the certificate again");
        return wallets_.ReloadCertificate();
    }
    spdlog::info("{}: stopping", SignalName(signal));
    stopping_ = true;
}

int Application::Run(const sigset_t& signals) {
    if (admin_)
        spdlog::info("amber-cli can connect to {}",
                     ToString(config::Endpoint{options_.admin->host, admin_->Port()}));
    node_.Start([this](const index::NodeEvent& event) { indexer_.OnNodeEvent(event); });
    std::thread sync([this] { Sync(); });
    {
        ProgressDisplay display(OnTerminal());
        while (!stopping_) {
            if (const auto signal = NextSignal(signals)) OnSignal(*signal);
            Tick(display);
        }
    }
    service_manager_.Stopping();
    stop_.request_stop();
    indexer_.Stop();
    node_.Stop();
    sync.join();
    admin_.reset();
    if (peers_) peers_->Stop();
    wallets_.Stop();
    spdlog::info("stopped");
    return failed_ ? 1 : 0;
}

std::vector<std::string> Application::SetDaemonUrls(const std::vector<std::string>& urls) {
    if (!urls.empty())
        if (const auto wrong = node_.SetUrls(urls)) throw std::runtime_error(*wrong);
    return {node_.GetStatus().daemon};
}

AdminTarget Application::MakeTarget() {
    AdminTarget target;
    target.coin = options_.coin;
    target.version = config::Version();
    target.index_status = [this] { return indexer_.Status(); };
    target.progress = [this] {
        const auto status = indexer_.Status();
        if (status.synced) return SyncProgress{1, std::chrono::seconds(0)};
        const std::lock_guard lock(progress_mutex_);
        const auto reading = meter_.Read();
        return SyncProgress{reading.fraction, reading.left};
    };
    target.current_view = [this] { return indexer_.CurrentView(); };
    target.node_software = [this] { return node_.Wallet().LastSeenSoftware(); };
    target.node_link = [this] {
        const auto status = node_.GetStatus();
        NodeLink link{status.daemon, status.connected, status.source, {}};
        for (const auto& peer : status.peers)
            link.peers.push_back({peer.address, peer.connected, peer.trouble});
        return link;
    };
    target.database_bytes = [this] { return store_.DiskBytes(); };
    target.server_stats = [this] { return wallets_.Stats(); };
    target.sessions = [this] { return wallets_.Sessions(); };
    target.disconnect = [this](std::uint64_t id) { return wallets_.Disconnect(id); };
    target.daemon_url = [this](const auto& urls) { return SetDaemonUrls(urls); };
    target.log_level = [](const std::string& level) {
        if (!level.empty() && !SetLogLevel(level))
            throw std::runtime_error("no such log level: " + level);
        return LogLevel();
    };
    target.reorg = [this](std::uint32_t count, AdminTarget::Done done) {
        indexer_.ForceReorg(count, std::move(done));
    };
    target.digest = [this] {
        return DigestText(index::ComputeDigest(
            index::store::Reader(store_.TakeSnapshot(), index::store::Reach::disk)));
    };
    target.broadcast = [this] { return wallets_.ReloadBanners(); };
    if (peers_) {
        target.peers = [this] { return peers_->Current(); };
        target.add_peer = [this](const PeerHost& host) { return peers_->Add(host); };
    }
    target.stop = [this] { stopping_ = true; };
    target.limits = [this] { return limits_.All(); };
    target.set_limit = [this](const auto& name, const auto& values) { limits_.Set(name, values); };
    target.groups = [this] { return wallets_.Groups(); };
    target.ban = [this](const Ban& ban) { return wallets_.AddBan(ban); };
    target.unban = [this](const Subnet& subnet) { return wallets_.RemoveBan(subnet); };
    target.bans = [this] { return wallets_.Bans(); };
    return target;
}

}  // namespace amber::server
