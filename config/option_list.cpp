#include "config/option_list.h"

#include <algorithm>
#include <array>

#include "index/chain/coin.h"

namespace amber::config {
namespace {

using index::Coin;
using Values = std::vector<std::string>;

Values Nothing(const Coin&) { return {}; }

template <std::uint32_t number>
Values Number(const Coin&) {
    return {std::to_string(number)};
}

std::vector<std::string_view> Distinct(std::string_view Coin::*part) {
    std::vector<std::string_view> names;
    for (const Coin& coin : index::Coins()) {
        if (std::ranges::find(names, coin.*part) == names.end()) names.push_back(coin.*part);
    }
    return names;
}

std::string DefaultCookie(const Coin& coin) {
    std::string path = "~/." + std::string(coin.name) + "/";
    if (!coin.node_datadir_suffix.empty()) path += std::string(coin.node_datadir_suffix) + "/";
    return path + ".cookie";
}

std::vector<OptionSpec> GeneralOptions() {
    return {
        {.name = "config",
         .value = "FILE",
         .field = &Options::config,
         .help = "Read options from this TOML file.",
         .defaults = Nothing,
         .in_file = false},
        {.name = "coin",
         .value = "NAME",
         .field = std::monostate(),
         .help = "The coin whose node we follow.",
         .defaults = [](const Coin& coin) { return Values{std::string(coin.name)}; },
         .choices = Distinct(&Coin::name)},
        {.name = "network",
         .value = "NAME",
         .field = std::monostate(),
         .help = "The network of that coin. Ports and paths below follow from it.",
         .defaults = [](const Coin& coin) { return Values{std::string(coin.network)}; },
         .choices = Distinct(&Coin::network)},
        {.name = "datadir",
         .value = "DIR",
         .field = &Options::datadir,
         .help = "Where the index is kept; made if it is missing. A fast SSD pays.",
         .defaults =
             [](const Coin& coin) {
                 return Values{"~/.amber/" + std::string(coin.name) + "-" +
                               std::string(coin.network)};
             }},
        {.name = "log-level",
         .value = "LEVEL",
         .field = &Options::log_level,
         .help = "The least important lines to log. `amber-cli log_level` changes it later.",
         .defaults = [](const Coin&) { return Values{"info"}; },
         .choices = {std::begin(kLogLevels), std::end(kLogLevels)}},
    };
}

std::vector<OptionSpec> NodeOptions() {
    return {
        {.name = "daemon",
         .group = Group::node,
         .value = "URL",
         .field = &Options::daemon,
         .help = "Where the node answers JSON-RPC: http://[USER:PASSWORD@]HOST[:PORT]. With "
                 "several, the next takes over when one fails. A password is safer in the file "
                 "or the environment than on the command line, which other users can see. "
                 "\"none\": blocks come from peers (see p2p), and wallets get nothing that needs a "
                 "node: no unconfirmed transactions, broadcasts and fees.",
         .defaults =
             [](const Coin& coin) {
                 return Values{"http://127.0.0.1:" + std::to_string(coin.node_rpc_port)};
             }},
        {.name = "daemon-cookie",
         .group = Group::node,
         .value = "FILE",
         .field = &Options::daemon_cookie,
         .help = "The node's cookie file: our user and password for every URL that has none. It "
                 "is read again when the node restarts.",
         .defaults = [](const Coin& coin) { return Values{DefaultCookie(coin)}; }},
        {.name = "source",
         .group = Group::node,
         .value = "HOW",
         .field = &Options::source,
         .help =
             "How blocks come from the node. auto reads its files where they are on this "
             "machine (see blocks-dir), else takes REST where the node offers it (rest=1), "
             "else asks it as a peer (see p2p), else RPC; what fails is made up for by the next. "
             "files reads all that is in its files first, whether it runs or not, and "
             "asks the node for the rest. p2p takes them from the nodes named by p2p, from all at "
             "once.",
         .defaults = [](const Coin&) { return Values{"auto"}; },
         .choices = {"auto", "rpc", "rest", "files", "p2p"}},
        {.name = "p2p",
         .group = Group::node,
         .value = "HOST:PORT",
         .field = &Options::p2p,
         .help = "Where a node takes peers, for blocks with source p2p or auto. By default on the "
                 "host of daemon, at the port usual for the network; with auto, \"none\" asks no "
                 "peer. With p2p the chain of most work is followed, and the node checks it, not "
                 "Amber: name nodes that you trust. With auto the node of daemon names the blocks.",
         .defaults = Nothing},
        {.name = "blocks-dir",
         .group = Group::node,
         .value = "DIR",
         .field = &Options::blocks_dir,
         .help = "Where the node keeps its blk*.dat. Blocks and transactions are read from there, "
                 "many times faster than the node answers. \"auto\" asks the node and takes the "
                 "files if they are on this machine and can be read; \"off\" always asks.",
         .defaults = [](const Coin&) { return Values{kBlocksDirAuto}; }},
        {.name = "zmq",
         .group = Group::node,
         .value = "tcp://HOST:PORT",
         .field = &Options::zmq,
         .help = "Where the node publishes hashblock or sequence, so that wallets hear of news at "
                 "once. By default the node is asked (getzmqnotifications); \"none\" polls only.",
         .defaults = Nothing},
    };
}

std::vector<OptionSpec> ListenOptions() {
    return {
        {.name = "tcp",
         .group = Group::listen,
         .value = "HOST:PORT",
         .field = &Options::tcp,
         .help = "Serve wallets over TCP, one JSON text per line. By default only this machine is "
                 "served, because plain TCP shows everyone on the way what a wallet asks; \"none\" "
                 "serves nobody. unix:/PATH is a socket for proxies on this machine, also for the "
                 "next three.",
         .defaults =
             [](const Coin& coin) { return Values{"127.0.0.1:" + std::to_string(coin.tcp_port)}; }},
        {.name = "ssl",
         .group = Group::listen,
         .value = "HOST:PORT",
         .field = &Options::ssl,
         .help =
             "Serve wallets over TCP in TLS (1.2 or 1.3). 0.0.0.0:50002 and [::]:50002 serve all.",
         .defaults = Nothing},
        {.name = "ws",
         .group = Group::listen,
         .value = "HOST:PORT",
         .field = &Options::ws,
         .help = "Serve wallets over WebSocket.",
         .defaults = Nothing},
        {.name = "wss",
         .group = Group::listen,
         .value = "HOST:PORT",
         .field = &Options::wss,
         .help = "Serve wallets over WebSocket in TLS.",
         .defaults = Nothing},
        {.name = "cert",
         .group = Group::listen,
         .value = "FILE",
         .field = &Options::cert,
         .help =
             "The certificate for ssl and wss, in PEM, those that lead to a root behind it. Read "
             "again when it changes, and on SIGHUP. By default a self-signed one is made in "
             "datadir.",
         .defaults = Nothing},
        {.name = "key",
         .group = Group::listen,
         .value = "FILE",
         .field = &Options::key,
         .help = "The key of that certificate, in PEM, with no password. By default it is in the "
                 "same file.",
         .defaults = Nothing},
        {.name = "proxy-protocol",
         .group = Group::listen,
         .value = "CIDR",
         .field = &Options::proxy_protocol,
         .help =
             "Proxies that say whom they speak for: 10.0.0.5, 10.0.0.0/8, fd00::/8, or \"unix\" "
             "for all on unix sockets. Each connection from there must begin with a PROXY header "
             "(version 1 or 2), or a WebSocket have X-Forwarded-For. From others a PROXY header "
             "is refused.",
         .defaults = Nothing},
        {.name = "admin",
         .group = Group::listen,
         .value = "HOST:PORT",
         .field = &Options::admin,
         .help = "Where amber-cli reaches amberd. Whoever reaches this port may stop the server: "
                 "leave it on the loopback address. \"none\" closes it.",
         .defaults = [](const Coin& coin) { return Values{ToString(DefaultAdmin(coin.network))}; }},
    };
}

std::vector<OptionSpec> WalletOptions() {
    return {
        {.name = "report-service",
         .group = Group::wallets,
         .value = "PROTOCOL://HOST:PORT",
         .field = &Options::report_service,
         .help = "A public address of this server (tcp, ssl, ws or wss), told to wallets in "
                 "server.features; a proxy's address where one stands in front.",
         .defaults = Nothing},
        {.name = "banner-file",
         .group = Group::wallets,
         .value = "FILE",
         .field = &Options::banner_file,
         .help = "A text that wallets show when they connect. It may hold $SERVER_VERSION, "
                 "$DAEMON_VERSION, $DAEMON_SUBVERSION and $DONATION_ADDRESS.",
         .defaults = Nothing},
        {.name = "tor-banner",
         .group = Group::wallets,
         .value = "FILE",
         .field = &Options::tor_banner,
         .help = "Another text for wallets that come through Tor. Both files are read again when "
                 "they change, and on `amber-cli broadcast`.",
         .defaults = Nothing},
        {.name = "donation-address",
         .group = Group::wallets,
         .value = "ADDRESS",
         .field = &Options::donation_address,
         .help = "An address that wallets offer to thank you at.",
         .defaults = Nothing},
        {.name = "pad-answers",
         .group = Group::wallets,
         .value = "",
         .field = &Options::pad_answers,
         .help =
             "Hide the length of what is sent, with spaces, as protocol 1.7 proposes: it tells "
             "something of the answer even where it is encrypted. Short answers then take 1 KB.",
         .defaults = [](const Coin&) { return Values{"false"}; }},
        {.name = "strict-version",
         .group = Group::wallets,
         .value = "",
         .field = &Options::strict_version,
         .help = "Refuse clients whose first message is not server.version, as protocol 1.6 "
                 "asks. Some older wallets would be lost.",
         .defaults = [](const Coin&) { return Values{"false"}; }},
    };
}

std::vector<OptionSpec> PeerOptions() {
    return {
        {.name = "peer-discovery",
         .group = Group::peers,
         .value = "HOW",
         .field = &Options::peer_discovery,
         .help =
             "Which other servers wallets are told of (server.peers.subscribe). on finds public "
             "ones, looks at them every three hours, and tells of the good ones. self tells of "
             "this server alone, off of none. auto is on if report-service names a public "
             "host (if only onions: with force-proxy), but not on regtest; else off.",
         .defaults = [](const Coin&) { return Values{"auto"}; },
         .choices = {"auto", "on", "off", "self"}},
        {.name = "peer-announce",
         .group = Group::peers,
         .value = "",
         .field = &Options::peer_announce,
         .help =
             "Tell peers of this server, as report-service names it, so that they look at it and "
             "tell their wallets. They are told unless it is --peer-announce=false.",
         .defaults = [](const Coin&) { return Values{"true"}; }},
        {.name = "peer",
         .group = Group::peers,
         .value = "PROTOCOL://HOST:PORT",
         .field = &Options::peer,
         .help = "A server to begin with (tcp or ssl), beside those that Amber knows. "
                 "`amber-cli add_peer` takes more later.",
         .defaults = Nothing},
        {.name = "tor-proxy",
         .group = Group::peers,
         .value = "HOST:PORT",
         .field = &Options::tor_proxy,
         .help = "Tor's SOCKS5 port, usually 127.0.0.1:9050. Peers on onions are found through it; "
                 "without it they are left out.",
         .defaults = Nothing},
        {.name = "force-proxy",
         .group = Group::peers,
         .value = "",
         .field = &Options::force_proxy,
         .help = "Reach all peers through tor-proxy, and look up no name: nobody then sees the "
                 "address of this server.",
         .defaults = [](const Coin&) { return Values{"false"}; }},
    };
}

std::vector<OptionSpec> IndexOptions() {
    return {
        {.name = "reorg-limit",
         .group = Group::index,
         .value = "BLOCKS",
         .field = &Options::reorg_limit,
         .help = "The deepest reorganisation we can follow. More costs disk space.",
         .defaults =
             [](const Coin& coin) { return Values{std::to_string(coin.default_reorg_limit)}; },
         .min = 1,
         .max = 100'000},
        {.name = "cache-mb",
         .group = Group::index,
         .value = "MB",
         .field = &Options::cache_mb,
         .help = "Memory for caches. More makes the first sync faster; the whole process takes up "
                 "to 400 MB on top.",
         .defaults = Number<1'000>,
         .min = 50,
         .max = 1'000'000},
        {.name = "first-sync",
         .group = Group::index,
         .value = "HOW",
         .field = &Options::first_sync,
         .help =
             "How the index is built at first. bulk sorts everything once: far less work, but "
             "more disk space for a while, and no wallet is served before. blocks goes block by "
             "block. auto builds in bulk from 300 MB of blocks on, if there is the space.",
         .defaults = [](const Coin&) { return Values{"auto"}; },
         .choices = {"auto", "bulk", "blocks"}},
        {.name = "io-threads",
         .group = Group::index,
         .value = "N",
         .field = &Options::io_threads,
         .help = "Threads that talk to wallets. 0: one per CPU core, at most 8.",
         .defaults = Number<0>,
         .max = 256},
    };
}

std::vector<OptionSpec> LimitOptions() {
    return {
        {.name = "max-sessions",
         .group = Group::limits,
         .value = "N",
         .field = &Options::max_sessions,
         .help = "Wallets connected at a time; further ones are turned away.",
         .defaults = Number<10'000>,
         .min = 1,
         .max = 1'000'000},
        {.name = "max-subscriptions",
         .group = Group::limits,
         .value = "N",
         .field = &Options::max_subscriptions,
         .help = "Scripts, outputs and transactions one session can watch.",
         .defaults = Number<200'000>,
         .min = 1,
         .max = 10'000'000},
        {.name = "max-recv",
         .group = Group::limits,
         .value = "BYTES",
         .field = &Options::max_recv,
         .help = "The longest message taken from a wallet. The default has room for a "
                 "transaction of 4 MB, in hex.",
         .defaults = Number<8'100'000>,
         .min = 10'000,
         .max = 100'000'000},
        {.name = "max-send",
         .group = Group::limits,
         .value = "BYTES",
         .field = &Options::max_send,
         .help = "The longest answer sent to a wallet. Electrum takes no more than the default.",
         .defaults = Number<8'100'000>,
         .min = 350'000,
         .max = 100'000'000},
        {.name = "max-batch",
         .group = Group::limits,
         .value = "N",
         .field = &Options::max_batch,
         .help = "Requests in one JSON-RPC batch. Known wallets send up to 200.",
         .defaults = Number<10'000>,
         .min = 1,
         .max = 100'000},
        {.name = "session-timeout",
         .group = Group::limits,
         .value = "SECONDS",
         .field = &Options::session_timeout,
         .help = "Close a session that has sent nothing for so long. Some wallets speak only "
                 "every 8 minutes.",
         .defaults = Number<600>,
         .min = 1,
         .max = 1'000'000},
        {.name = "history-limit",
         .group = Group::limits,
         .value = "N",
         .field = &Options::history_limit,
         .help = "The longest history served; a script with more transactions gets an error. The "
                 "default just fits into max-send.",
         .defaults = Number<80'000>,
         .min = 1,
         .max = 10'000'000},
        {.name = "max-sessions-per-ip",
         .group = Group::limits,
         .value = "N",
         .field = &Options::max_sessions_per_ip,
         .help = "Connections of one address (IPv6: of a /64) at a time; further ones are turned "
                 "away.",
         .defaults = Number<50>,
         .min = 1,
         .max = 1'000'000},
        {.name = "max-handshakes",
         .group = Group::limits,
         .value = "N",
         .field = &Options::max_handshakes,
         .help = "Connections that have not got through PROXY header, TLS and WebSocket request "
                 "yet. One more closes the one that is silent for longest.",
         .defaults = Number<2'000>,
         .min = 1,
         .max = 100'000},
        {.name = "max-subscriptions-per-ip",
         .group = Group::limits,
         .value = "N",
         .field = &Options::max_subscriptions_per_ip,
         .help = "What all sessions of one address (IPv6: of a /64) together can watch.",
         .defaults = Number<500'000>,
         .min = 1,
         .max = 100'000'000},
        {.name = "max-subscriptions-total",
         .group = Group::limits,
         .value = "N",
         .field = &Options::max_subscriptions_total,
         .help = "What all sessions together can watch. Each takes 100 bytes of memory.",
         .defaults = Number<5'000'000>,
         .min = 1,
         .max = 100'000'000},
        {.name = "max-in-flight",
         .group = Group::limits,
         .value = "N",
         .field = &Options::max_in_flight,
         .help = "Requests of one session that wait for the disk or the node; no more is read from "
                 "it until some are answered.",
         .defaults = Number<100>,
         .min = 1,
         .max = 10'000},
        {.name = "request-timeout",
         .group = Group::limits,
         .value = "SECONDS",
         .field = &Options::request_timeout,
         .help = "Answer with an error what has waited for the disk or the node for so long.",
         .defaults = Number<30>,
         .min = 1,
         .max = 3'600},
        {.name = "cost-soft-limit",
         .group = Group::limits,
         .value = "COST",
         .field = &Options::cost_soft_limit,
         .help =
             "From here on the sessions of a group (IPv4 /24, IPv6 /48) are slowed, the more the "
             "nearer they are to cost-hard-limit. 1 is a millisecond of work; see Limits. 0 "
             "slows nobody.",
         .defaults = Number<3'000>,
         .max = 1'000'000'000},
        {.name = "cost-hard-limit",
         .group = Group::limits,
         .value = "COST",
         .field = &Options::cost_hard_limit,
         .help =
             "From here on they are closed. 10 is forgiven every second. 0 turns both limits off.",
         .defaults = Number<15'000>,
         .max = 1'000'000'000},
        {.name = "exempt-subnet",
         .group = Group::limits,
         .value = "CIDR",
         .field = &Options::exempt_subnet,
         .help =
             "Addresses to which no bound for each address or group applies, and a tenth of "
             "max-sessions beyond it: your own wallets'. Unix sockets are always exempt, unless "
             "proxy-protocol says \"unix\". \"none\" exempts nobody.",
         .defaults =
             [](const Coin&) {
                 return Values{"127.0.0.0/8", "::1"};
             }},
    };
}

std::vector<OptionSpec> AllOptions() {
    std::vector<OptionSpec> all;
    for (auto part : {GeneralOptions(), NodeOptions(), ListenOptions(), WalletOptions(),
                      PeerOptions(), IndexOptions(), LimitOptions()}) {
        std::ranges::move(part, std::back_inserter(all));
    }
    return all;
}

std::string Replaced(std::string_view text, char from, char to) {
    std::string replaced(text);
    std::ranges::replace(replaced, from, to);
    return replaced;
}

}  // namespace

std::span<const OptionSpec> OptionList() {
    static const std::vector<OptionSpec> all = AllOptions();
    return all;
}

const OptionSpec* FindOption(std::string_view name) {
    const auto all = OptionList();
    const auto found = std::ranges::find(all, name, &OptionSpec::name);
    return found == all.end() ? nullptr : &*found;
}

std::vector<std::string_view> OptionNames() {
    std::vector<std::string_view> names;
    for (const OptionSpec& spec : OptionList()) names.push_back(spec.name);
    return names;
}

bool IsRepeatable(const OptionSpec& spec) {
    return std::holds_alternative<std::vector<Endpoint> Options::*>(spec.field) ||
           std::holds_alternative<std::vector<std::string> Options::*>(spec.field) ||
           std::holds_alternative<std::vector<Service> Options::*>(spec.field) ||
           std::holds_alternative<TrustedProxies Options::*>(spec.field) ||
           std::holds_alternative<std::vector<Subnet> Options::*>(spec.field) ||
           std::holds_alternative<std::optional<std::vector<std::string>> Options::*>(spec.field) ||
           std::holds_alternative<std::optional<std::vector<Endpoint>> Options::*>(spec.field);
}

bool IsNumber(const OptionSpec& spec) {
    return std::holds_alternative<std::uint32_t Options::*>(spec.field);
}

bool IsSwitch(const OptionSpec& spec) {
    return std::holds_alternative<bool Options::*>(spec.field);
}

std::string FileKey(std::string_view name) { return Replaced(name, '-', '_'); }

std::string EnvironmentKey(std::string_view name) {
    std::string key = "AMBER_" + Replaced(name, '-', '_');
    for (char& c : key) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return key;
}

std::string_view Title(Group group) {
    switch (group) {
        case Group::general:
            return "General";
        case Group::node:
            return "The node";
        case Group::listen:
            return "Where Amber listens";
        case Group::wallets:
            return "What wallets are told";
        case Group::peers:
            return "Other servers";
        case Group::index:
            return "Index and memory";
        case Group::limits:
            return "Bounds on what wallets can use";
    }
    std::abort();
}

Endpoint DefaultAdmin(std::string_view network) {
    constexpr std::array<std::string_view, 5> kInOrder = {"mainnet", "testnet", "testnet4",
                                                          "signet", "regtest"};
    const auto place = std::ranges::find(kInOrder, network) - kInOrder.begin();
    return {"127.0.0.1", static_cast<std::uint16_t>(8000 + place)};
}

}  // namespace amber::config
