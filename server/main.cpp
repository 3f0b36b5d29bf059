// amberd: reads the options, builds every part in order, and takes them down in reverse. The one
// place that sees the index, the daemon client and the server together.
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

#include "config/options.h"
#include "config/version.h"
#include "daemon_client/file_feed.h"
#include "daemon_client/node.h"
#include "index/chain_check.h"
#include "index/digest.h"
#include "index/indexer.h"
#include "index/store/store.h"
#include "server/admin/admin_server.h"
#include "server/console/log.h"
#include "server/console/progress.h"
#include "server/console/progress_meter.h"
#include "server/console/service_manager.h"
#include "server/import/import_blocks.h"
#include "server/wallet_server.h"

namespace amber::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kTick(500);
constexpr milliseconds kNodeCheckPause(1000);
/// Descriptors that are not sessions: database files, listeners, the node, handshakes.
constexpr std::size_t kOtherDescriptors = 4096 + 256 + 2000;

// From the operator's options to those of the parts

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
    for (const auto& service : options.report_service) {
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
        server.public_hosts.push_back(host);
    }
    server.software = "Amber " + std::string(config::Version());
    server.donation_address = options.donation_address;
    server.io_threads = options.io_threads;
    server.max_sessions = options.max_sessions;
    server.max_receive_bytes = options.max_recv;
    server.max_send_bytes = options.max_send;
    server.max_batch_items = options.max_batch;
    server.max_subscriptions_per_session = options.max_subscriptions;
    server.idle_timeout = std::chrono::seconds(options.session_timeout);
    server.answer_cache_bytes = AnswerCacheBytesOf(options);
    server.history_limit = options.history_limit;
    server.version_first = options.strict_version;
    server.pad_answers = options.pad_answers;
    if (options.banner_file.empty()) return server;
    std::ifstream file(options.banner_file);
    if (!file) throw std::runtime_error("banner-file: cannot read " + options.banner_file.string());
    server.banner = (std::ostringstream() << file.rdbuf()).str();
    return server;
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
    for (const auto& peer : options.p2p) node.peers.push_back(ToString(peer));
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
        indexer.bulk_folder = options.datadir / "first-sync";
    if (options.first_sync == config::FirstSync::bulk) indexer.bulk_from_bytes = 0;
    return indexer;
}

index::store::StoreOptions StoreOptionsOf(const config::Options& options) {
    return {.path = options.datadir / "index", .cache_bytes = CacheBytesOf(options)};
}

/// Where the node keeps its blocks: beside its cookie, unless the operator says otherwise.
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

/// How many transactions a chain has up to a height.
struct ChainCount {
    index::Height height;
    std::uint64_t txs = 0;
};

/// Transactions up to a height near one where they are known; 0: not known.
std::uint64_t TxsAt(index::Height height, const std::optional<ChainCount>& known) {
    constexpr double kNear = 0.01;
    if (!known || known->height.value == 0) return 0;
    const double ratio = static_cast<double>(height.value) / known->height.value;
    if (std::abs(ratio - 1) > kNear) return 0;
    return static_cast<std::uint64_t>(static_cast<double>(known->txs) * ratio);
}

ProgressSample SampleOf(const index::IndexerStatus& status, steady_clock::time_point now,
                        const std::optional<ChainCount>& known = {}) {
    return {.time = now,
            .height = status.tip ? status.tip->height.value : 0,
            .target_height = status.node_height.value,
            .txs = status.tip ? status.tip->tx_count : 0,
            .txs_target = TxsAt(status.node_height, known),
            .bytes = status.block_bytes_done,
            .tail = status.tables ? status.tables->share : 0,
            .tail_done = status.tables ? status.tables->written : 0};
}

std::string DigestText(const index::Digest& digest) {
    std::string text = "{";
    for (index::store::Table table : index::store::AllTables()) {
        const auto i = static_cast<std::size_t>(table);
        text += "\"" + std::string(Name(table)) + "\":{\"rows\":" + std::to_string(digest.rows[i]) +
                ",\"digest\":\"" + index::ToDisplayHex(digest.tables[i]) + "\"},";
    }
    return text + "\"total\":\"" + index::ToDisplayHex(digest.total) + "\"}";
}

/// Wallets and database files are descriptors; the usual soft limit of 1,024 is far too low.
void RaiseDescriptorLimit(std::size_t wanted) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < wanted)
        spdlog::warn("only {} open files are allowed; max-sessions may need {} (ulimit -n)",
                     limit.rlim_cur, wanted);
}

/// A serving amberd. Built and destroyed on the main thread.
class Application {
public:
    explicit Application(const config::Options& options)
        : options_(options),
          store_(StoreOptionsOf(options)),
          node_(*options.coin, NodeOptionsOf(options)),
          indexer_(*options.coin, store_, IndexerOptionsOf(options)),
          wallets_(ServerOptionsOf(options), *options.coin, node_.Wallet(),
                   [this](const index::NodeEvent& event) { indexer_.OnNodeEvent(event); }),
          admin_(options.admin ? std::make_unique<AdminServer>(options.admin->host,
                                                               options.admin->port, MakeTarget())
                               : nullptr) {
        wallets_.CheckAddresses();
        indexer_.SetSinks(
            [this](const auto& announcement) { wallets_.OnAnnouncement(announcement); },
            [this](const index::View& view) { OnSynced(view); });
    }

    /// Until a signal, `amber-cli stop` or a fatal error. Returns the exit code.
    int Run(const sigset_t& signals);

private:
    void Sync();
    void ReadFiles();
    bool CheckNode();
    void OnSynced(const index::View& view);
    void Tick(ProgressDisplay& display);
    void OnSignal(int signal);
    AdminTarget MakeTarget();
    std::vector<std::string> SetDaemonUrls(const std::vector<std::string>& urls);

    const config::Options& options_;
    ServiceManager service_manager_;
    index::store::Store store_;
    daemon_client::Node node_;
    index::Indexer indexer_;
    WalletServer wallets_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> failed_ = false;
    std::stop_source stop_;  ///< of the search for blocks in files
    std::mutex progress_mutex_;
    ProgressMeter meter_;                   // guarded by progress_mutex_
    std::optional<ChainCount> node_chain_;  // guarded by progress_mutex_; as it was at the start
    std::vector<std::string> urls_;  // guarded by progress_mutex_; passwords blanked out
    std::unique_ptr<AdminServer> admin_;
};

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
    spdlog::info("ready: height={} tip={}", view.tip.height.value,
                 index::ToDisplayHex(view.tip.hash));
    service_manager_.Ready();
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
    if (service_manager_.WatchdogInterval()) service_manager_.Watchdog();
}

void Application::OnSignal(int signal) {
    if (signal == SIGHUP) {
        spdlog::info("SIGHUP: reading the certificate again");
        return wallets_.ReloadCertificate();
    }
    spdlog::info("{}: stopping", signal == SIGINT ? "SIGINT" : "SIGTERM");
    stopping_ = true;
}

int Application::Run(const sigset_t& signals) {
    node_.Start([this](const index::NodeEvent& event) { indexer_.OnNodeEvent(event); });
    std::thread sync([this] { Sync(); });
    {
        ProgressDisplay display(OnTerminal());
        const timespec tick{0, std::chrono::nanoseconds(kTick).count()};
        while (!stopping_) {
            if (const int signal = sigtimedwait(&signals, nullptr, &tick); signal > 0)
                OnSignal(signal);
            Tick(display);
        }
    }
    service_manager_.Stopping();
    stop_.request_stop();
    indexer_.Stop();
    node_.Stop();
    sync.join();
    admin_.reset();
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
    target.stop = [this] { stopping_ = true; };
    return target;
}

int Serve(const config::Options& options, const sigset_t& signals) {
    spdlog::info("amberd {}, {} {}, index in {}", config::Version(), options.coin->name,
                 options.coin->network, options.datadir.string());
    for (const auto& warning : options.warnings) spdlog::warn("{}", warning);
    RaiseDescriptorLimit(options.max_sessions + kOtherDescriptors);
    return Application(options).Run(signals);
}

/// Blocks of files into the index, until their end or a signal. Returns the exit code.
class ImportCommand {
public:
    explicit ImportCommand(const config::Options& options)
        : options_(options),
          feed_(OpenFiles(options, options.import_paths,
                          options.verify ? daemon_client::MerkleRoots::check
                                         : daemon_client::MerkleRoots::trust)),
          store_(StoreOptionsOf(options)),
          indexer_(*options.coin, store_, IndexerOptionsOf(options)) {}

    int Run(const sigset_t& signals);

private:
    void Work();

    const config::Options& options_;
    std::unique_ptr<daemon_client::FileFeed> feed_;
    index::store::Store store_;
    index::Indexer indexer_;
    std::stop_source stop_;
    std::atomic<bool> finished_ = false;
    bool failed_ = false;
};

void ImportCommand::Work() {
    try {
        const auto outcome = ImportBlocks(indexer_, *feed_, stop_.get_token());
        failed_ = !outcome.whole;
        if (outcome.stopped) spdlog::info("stopped; run it again to go on");
        if (failed_) spdlog::error("not all blocks could be used: see above");
    } catch (const std::exception& error) {
        spdlog::error("{}", error.what());
        failed_ = true;
    }
    finished_ = true;
}

int ImportCommand::Run(const sigset_t& signals) {
    spdlog::info(
        "import into {}: not verified are {}signatures, amounts and difficulty; every header must "
        "have "
        "the work it claims, and follow another down to the genesis block",
        options_.datadir.string(), options_.verify ? "" : "merkle roots (--verify does), ");
    std::thread worker([this] { Work(); });
    ProgressMeter meter;
    ProgressDisplay display(OnTerminal(), std::chrono::seconds(options_.progress_seconds));
    const timespec tick{0, std::chrono::nanoseconds(kTick).count()};
    while (!finished_) {
        if (const int signal = sigtimedwait(&signals, nullptr, &tick); signal > 0) {
            spdlog::info("{}: stopping", signal == SIGINT ? "SIGINT" : "SIGTERM");
            stop_.request_stop();
            indexer_.Stop();
        }
        const auto now = steady_clock::now();
        const auto status = indexer_.Status();
        auto sample = SampleOf(status, now);
        sample.bytes_target = feed_->BytesToCome();
        meter.Add(sample);
        if (!finished_ && status.tip && options_.progress_seconds > 0)
            display.Show(meter.Read(), now);
    }
    display.Hide();
    worker.join();
    return failed_ ? 1 : 0;
}

int Import(const config::Options& options, const sigset_t& signals) {
    return ImportCommand(options).Run(signals);
}

std::function<void(index::Height)> SayNowAndThen(std::string what) {
    return [what = std::move(what), said = steady_clock::now()](index::Height height) mutable {
        const auto now = steady_clock::now();
        if (now - said < std::chrono::seconds(10)) return;
        said = now;
        spdlog::info("{}: right up to height {}", what, height.value);
    };
}

/// Reads every row, which proves every checksum; headers and txids prove each other.
int Check(const config::Options& options) {
    auto where = StoreOptionsOf(options);
    where.read_only = true;
    const index::store::Store store(where);
    const index::store::Reader reader(store, index::store::Reach::disk);
    index::CheckChain(*options.coin, reader, SayNowAndThen("headers and txids"));
    const auto digest = index::ComputeDigest(reader);
    if (options.digest) {
        std::cout << DigestText(digest) << "\n";
        return 0;
    }
    std::uint64_t rows = 0;
    for (const std::uint64_t of_table : digest.rows) rows += of_table;
    const auto headers = digest.rows[static_cast<std::size_t>(index::store::Table::header)];
    std::cout << "all " << rows << " rows read, " << headers << " blocks: the index is whole\n";
    return 0;
}

}  // namespace
}  // namespace amber::server

int main(int argc, char** argv, char** env) {
    using namespace amber;
    const auto loaded = config::LoadOptions(argc, argv, env);
    if (const auto* message = std::get_if<config::Message>(&loaded)) {
        (message->exit_code == 0 ? std::cout : std::cerr) << message->text;
        return message->exit_code;
    }
    const auto& options = std::get<config::Options>(loaded);
    server::SetUpLog();
    server::SetLogLevel(options.log_level);
    // Blocked before any thread starts, so that only Run() takes them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (options.command == config::Command::serve) sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    try {
        switch (options.command) {
            case config::Command::serve:
                return server::Serve(options, signals);
            case config::Command::check:
                return server::Check(options);
            case config::Command::import:
                return server::Import(options, signals);
        }
        std::abort();
    } catch (const std::exception& error) {
        spdlog::error("{}", error.what());
        return 1;
    }
}
