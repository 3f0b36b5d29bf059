#include <algorithm>
#include <fstream>
#include <thread>

#include "config/assign.h"
#include "config/command_line.h"
#include "config/config_file.h"
#include "config/environment.h"
#include "config/help.h"
#include "config/suggest.h"
#include "config/version.h"
#include "index/chain/coin.h"

namespace amber::config {
namespace {

/// What is said about every option, the strongest source first.
class Sources {
public:
    Sources(Layer command_line, Layer environment)
        : layers_{std::move(command_line), std::move(environment), {}} {}

    Layer& File() { return layers_[2]; }

    /// Null if nobody says anything.
    [[nodiscard]] const Given* Find(std::string_view name) const {
        for (const Layer& layer : layers_) {
            if (const auto found = layer.find(name); found != layer.end()) return &found->second;
        }
        return nullptr;
    }

private:
    Layer layers_[3];
};

std::string At(const Given& given, const std::string& complaint) {
    return given.where + ": " + complaint;
}

/// Needs the coin chosen: defaults follow from it.
Complaint AssignFrom(const Sources& sources, const OptionSpec& spec,
                     const std::filesystem::path& home, Options& options) {
    if (const Given* given = sources.Find(spec.name)) {
        auto complaint = Assign(spec, given->values, home, options);
        return complaint ? At(*given, *complaint) : complaint;
    }
    const auto values = spec.defaults(*options.coin);
    if (values.empty()) return std::nullopt;
    auto complaint = Assign(spec, values, home, options);
    return complaint ? "--" + std::string(spec.name) + ": " + *complaint : complaint;
}

/// The coin that `coin` and `network` name together; ports, paths and limits follow from it.
Complaint FindChosenCoin(const Sources& sources, const index::Coin*& coin) {
    const index::Coin& usual = index::Coins().front();
    std::string chosen[2] = {std::string(usual.name), std::string(usual.network)};
    constexpr std::string_view kNames[2] = {"coin", "network"};
    for (int i = 0; i < 2; ++i) {
        const Given* given = sources.Find(kNames[i]);
        if (given == nullptr) continue;
        Options unused;
        auto complaint = Assign(*FindOption(kNames[i]), given->values, {}, unused);
        if (complaint) return At(*given, *complaint);
        chosen[i] = given->values.front();
    }
    coin = index::FindCoin(chosen[0], chosen[1]);
    if (coin != nullptr) return std::nullopt;
    return "--network: " + chosen[0] + " has no network \"" + chosen[1] +
           "\"; choose another (`amberd --help` lists them)";
}

/// Two listeners cannot share a port; the system would say so later, but not which options they
/// are.
Complaint FindClash(const Options& options) {
    std::vector<std::pair<std::string_view, Endpoint>> taken;
    for (const Endpoint& endpoint : options.tcp) taken.emplace_back("tcp", endpoint);
    for (const Endpoint& endpoint : options.ssl) taken.emplace_back("ssl", endpoint);
    for (const Endpoint& endpoint : options.ws) taken.emplace_back("ws", endpoint);
    for (const Endpoint& endpoint : options.wss) taken.emplace_back("wss", endpoint);
    if (options.admin) taken.emplace_back("admin", *options.admin);
    for (std::size_t i = 0; i < taken.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const bool any_port = !IsUnixPath(taken[i].second) && taken[i].second.port == 0;
            if (taken[i].second != taken[j].second || any_port) continue;
            return "--" + std::string(taken[j].first) + " and --" + std::string(taken[i].first) +
                   " both listen on " + ToString(taken[i].second) + "; give one another " +
                   (IsUnixPath(taken[i].second) ? "path" : "port");
        }
    }
    return std::nullopt;
}

/// Whether blocks can come from where they are to come from.
Complaint CheckSource(const Options& options) {
    const bool no_rpc = options.daemon.empty();
    if (no_rpc && (options.source == Source::rpc || options.source == Source::rest))
        return "--source: RPC and REST need a node, but --daemon is none; choose p2p";
    if (options.p2p && options.p2p->empty() && (no_rpc || options.source == Source::p2p))
        return "--p2p: needs the address of a node, as blocks come from peers";
    return std::nullopt;
}

Complaint CheckBanner(std::string_view name, const std::filesystem::path& file) {
    if (file.empty() || std::ifstream(file)) return std::nullopt;
    return "--" + std::string(name) + ": cannot read " + file.string() +
           "; check the path and its permissions";
}

bool IsOnion(const Service& service) { return service.address.host.ends_with(".onion"); }

/// Whether peers can be reached as they are to be.
Complaint CheckPeers(Options& options) {
    if (options.force_proxy && !options.tor_proxy)
        return "--force-proxy: there is no --tor-proxy to reach peers through";
    for (const Service& peer : options.peer) {
        if (peer.protocol != Protocol::tcp && peer.protocol != Protocol::ssl)
            return "--peer: peers are asked over tcp or ssl only";
        if (IsOnion(peer) && !options.tor_proxy)
            return "--peer: " + peer.address.host + " can only be reached with --tor-proxy";
    }
    const bool wanted = options.peer_discovery == PeerDiscovery::automatic ||
                        options.peer_discovery == PeerDiscovery::on;
    if (!options.peer.empty() && !wanted)
        options.warnings.push_back("peer is not used: peer-discovery is not on");
    return std::nullopt;
}

Complaint CheckCertificate(Options& options) {
    if (options.key.empty()) options.key = options.cert;
    if (options.cert.empty() && !options.key.empty())
        return "--key: there is no --cert; name the certificate of this key, too";
    if (!options.cert.empty() && options.ssl.empty() && options.wss.empty())
        options.warnings.push_back("the certificate is not used: neither ssl nor wss listens");
    return std::nullopt;
}

void WarnOfOpenAdmin(Options& options) {
    if (!options.admin) return;
    const std::string& host = options.admin->host;
    if (host.starts_with("127.") || host == "::1" || host == "localhost") return;
    options.warnings.push_back("the admin port listens on " + ToString(*options.admin) +
                               ": it has no password, and whoever reaches it may stop amberd");
}

void ResolveThreads(Options& options) {
    constexpr std::uint32_t kMost = 8;
    if (options.io_threads > 0) return;
    options.io_threads = std::clamp(std::thread::hardware_concurrency(), 1U, kMost);
}

Complaint Fill(Sources& sources, const std::filesystem::path& home, Options& options) {
    // The file comes first, as it may name the coin.
    if (const Given* given = sources.Find("config")) {
        auto complaint = Assign(*FindOption("config"), given->values, home, options);
        if (complaint) return At(*given, *complaint);
        if (auto unread = ReadFile(options.config, sources.File())) return unread;
    }
    if (auto complaint = FindChosenCoin(sources, options.coin)) return complaint;
    for (const OptionSpec& spec : OptionList()) {
        if (spec.name == "config") continue;
        auto complaint = AssignFrom(sources, spec, home, options);
        if (complaint) return complaint;
    }
    if (auto complaint = CheckSource(options)) return complaint;
    if (auto complaint = FindClash(options)) return complaint;
    if (auto complaint = CheckBanner("banner-file", options.banner_file)) return complaint;
    if (auto complaint = CheckBanner("tor-banner", options.tor_banner)) return complaint;
    if (auto complaint = CheckPeers(options)) return complaint;
    if (auto complaint = CheckCertificate(options)) return complaint;
    WarnOfOpenAdmin(options);
    ResolveThreads(options);
    return std::nullopt;
}

Message Wrong(const std::string& complaint) { return {"amberd: " + complaint + "\n", 2}; }

}  // namespace

std::variant<Options, Message> LoadOptions(int argc, const char* const* argv,
                                           const char* const* env) {
    CommandLine line;
    if (auto complaint = ReadCommandLine(argc, argv, line)) return Wrong(*complaint);
    if (line.version) return Message{VersionText("amberd"), 0};

    Environment environment = ReadEnvironment(env);
    Sources sources(std::move(line.layer), std::move(environment.layer));
    if (line.help) {
        const index::Coin* coin = nullptr;
        if (FindChosenCoin(sources, coin)) coin = &index::Coins().front();
        return Message{HelpText(*coin), 0};
    }

    Options options;
    options.command = line.command;
    options.digest = line.digest;
    options.import_paths = std::move(line.import_paths);
    options.verify = line.verify;
    options.progress_seconds = line.progress_seconds;
    options.warnings = std::move(environment.warnings);
    if (auto complaint = Fill(sources, environment.home, options)) return Wrong(*complaint);
    return options;
}

}  // namespace amber::config
