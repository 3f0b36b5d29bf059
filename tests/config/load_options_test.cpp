#include <algorithm>

#include "config/option_list.h"
#include "index/chain/coin.h"
#include "tests/config/load_fixture.h"

namespace amber::config {
namespace {

void ExpectSays(const std::string& complaint, std::initializer_list<const char*> parts) {
    for (const char* part : parts) {
        EXPECT_NE(complaint.find(part), std::string::npos) << "no " << part << " in: " << complaint;
    }
}

TEST_F(Load, NothingGivenMeansMainnetOnThisMachine) {
    const Options options = Good({});
    EXPECT_EQ(options.command, Command::serve);
    EXPECT_EQ(options.coin, index::FindCoin("bitcoin", "mainnet"));
    EXPECT_EQ(options.datadir, "/home/op/.amber/bitcoin-mainnet");
    EXPECT_EQ(options.daemon, std::vector<std::string>{"http://127.0.0.1:8332"});
    EXPECT_EQ(options.daemon_cookie, "/home/op/.bitcoin/.cookie");
    EXPECT_EQ(options.source, Source::automatic);
    EXPECT_FALSE(options.zmq);
    EXPECT_EQ(options.tcp, (std::vector<Endpoint>{{"127.0.0.1", 50001}}));
    EXPECT_TRUE(options.ws.empty());
    EXPECT_EQ(options.admin, (Endpoint{"127.0.0.1", 8000}));
    EXPECT_EQ(options.log_level, "info");
    EXPECT_EQ(options.reorg_limit, options.coin->default_reorg_limit);
    EXPECT_GE(options.io_threads, 1U);
    EXPECT_LE(options.io_threads, 8U);
    EXPECT_FALSE(options.strict_version);
    EXPECT_TRUE(options.warnings.empty());
}

TEST_F(Load, DefaultsFollowTheNetwork) {
    const Options options = Good({"--network", "regtest"});
    EXPECT_EQ(options.coin->network, "regtest");
    EXPECT_EQ(options.datadir, "/home/op/.amber/bitcoin-regtest");
    EXPECT_EQ(options.daemon, std::vector<std::string>{"http://127.0.0.1:18443"});
    EXPECT_EQ(options.daemon_cookie, "/home/op/.bitcoin/regtest/.cookie");
    EXPECT_EQ(options.tcp.front().port, options.coin->tcp_port);
    EXPECT_EQ(options.admin, DefaultAdmin("regtest"));
}

TEST_F(Load, PeersThatAreNotNamedAreNotNone) {
    EXPECT_FALSE(Good({}).p2p);
    EXPECT_EQ(Good({"--p2p", "none"}).p2p, std::vector<Endpoint>{});
    EXPECT_EQ(Good({"--p2p", "a:1", "--p2p", "[::1]:2"}).p2p,
              (std::vector<Endpoint>{{"a", 1}, {"::1", 2}}));
    EXPECT_FALSE(Good({"--daemon", "none"}).p2p) << "the usual port of this machine";
}

TEST_F(Load, EveryNetworkHasAnAdminPortOfItsOwn) {
    std::vector<std::uint16_t> ports;
    for (const index::Coin& coin : index::Coins()) {
        ports.push_back(DefaultAdmin(coin.network).port);
    }
    std::ranges::sort(ports);
    EXPECT_EQ(std::ranges::adjacent_find(ports), ports.end());
}

TEST_F(Load, CommandLineFillsEveryField) {
    const Options options = Good({"--coin",
                                  "bitcoin",
                                  "--network",
                                  "signet",
                                  "--datadir",
                                  "~/index",
                                  "--daemon",
                                  "http://u:p@10.0.0.1:38332",
                                  "--daemon",
                                  "http://[::1]",
                                  "--daemon-cookie=/c",
                                  "--source",
                                  "rest",
                                  "--zmq",
                                  "tcp://127.0.0.1:28332",
                                  "--zmq",
                                  "ipc:///tmp/z",
                                  "--tcp",
                                  "0.0.0.0:1",
                                  "--tcp",
                                  "[::]:1",
                                  "--tcp",
                                  "unix:/run/amber.sock",
                                  "--ssl",
                                  "[::]:2",
                                  "--ws",
                                  "127.0.0.1:0",
                                  "--wss",
                                  "0.0.0.0:4",
                                  "--cert",
                                  "~/chain.pem",
                                  "--key",
                                  "/key.pem",
                                  "--proxy-protocol",
                                  "10.0.0.0/8",
                                  "--proxy-protocol",
                                  "unix",
                                  "--admin",
                                  "none",
                                  "--report-service",
                                  "ssl://amber.example:50002",
                                  "--donation-address",
                                  "bc1q",
                                  "--strict-version",
                                  "--reorg-limit",
                                  "7",
                                  "--cache-mb",
                                  "64",
                                  "--io-threads",
                                  "3",
                                  "--max-sessions",
                                  "11",
                                  "--max-subscriptions",
                                  "12",
                                  "--max-recv",
                                  "20000",
                                  "--max-send",
                                  "400000",
                                  "--max-batch",
                                  "13",
                                  "--session-timeout",
                                  "14",
                                  "--history-limit",
                                  "15",
                                  "--peer-discovery",
                                  "self",
                                  "--peer-announce=false",
                                  "--peer",
                                  "ssl://a.example:50002",
                                  "--peer",
                                  "tcp://b.onion:50001",
                                  "--tor-proxy",
                                  "127.0.0.1:9050",
                                  "--force-proxy",
                                  "--log-level",
                                  "debug"});
    EXPECT_EQ(options.coin->network, "signet");
    EXPECT_EQ(options.datadir, "/home/op/index");
    EXPECT_EQ(options.daemon,
              (std::vector<std::string>{"http://u:p@10.0.0.1:38332", "http://[::1]"}));
    EXPECT_EQ(options.daemon_cookie, "/c");
    EXPECT_EQ(options.source, Source::rest);
    EXPECT_EQ(options.zmq, (std::vector<std::string>{"tcp://127.0.0.1:28332", "ipc:///tmp/z"}));
    EXPECT_EQ(options.tcp,
              (std::vector<Endpoint>{{"0.0.0.0", 1}, {"::", 1}, {"/run/amber.sock", 0}}));
    EXPECT_EQ(options.ssl, (std::vector<Endpoint>{{"::", 2}}));
    EXPECT_EQ(options.ws, (std::vector<Endpoint>{{"127.0.0.1", 0}}));
    EXPECT_EQ(options.wss, (std::vector<Endpoint>{{"0.0.0.0", 4}}));
    EXPECT_EQ(options.cert, "/home/op/chain.pem");
    EXPECT_EQ(options.key, "/key.pem");
    EXPECT_EQ(options.proxy_protocol, (TrustedProxies{{*ParseSubnet("10.0.0.0/8")}, true}));
    EXPECT_FALSE(options.admin);
    EXPECT_EQ(options.report_service,
              (std::vector<Service>{{Protocol::ssl, {"amber.example", 50002}}}));
    EXPECT_EQ(options.donation_address, "bc1q");
    EXPECT_TRUE(options.strict_version);
    EXPECT_EQ(options.reorg_limit, 7U);
    EXPECT_EQ(options.cache_mb, 64U);
    EXPECT_EQ(options.io_threads, 3U);
    EXPECT_EQ(options.max_sessions, 11U);
    EXPECT_EQ(options.max_subscriptions, 12U);
    EXPECT_EQ(options.max_recv, 20'000U);
    EXPECT_EQ(options.max_send, 400'000U);
    EXPECT_EQ(options.max_batch, 13U);
    EXPECT_EQ(options.session_timeout, 14U);
    EXPECT_EQ(options.history_limit, 15U);
    EXPECT_EQ(options.peer_discovery, PeerDiscovery::self);
    EXPECT_FALSE(options.peer_announce);
    EXPECT_EQ(options.peer, (std::vector<Service>{{Protocol::ssl, {"a.example", 50002}},
                                                  {Protocol::tcp, {"b.onion", 50001}}}));
    EXPECT_EQ(options.tor_proxy, (Endpoint{"127.0.0.1", 9050}));
    EXPECT_TRUE(options.force_proxy);
    EXPECT_EQ(options.log_level, "debug");
}

TEST_F(Load, PeersAreChecked) {
    const Options usual = Good({});
    EXPECT_EQ(usual.peer_discovery, PeerDiscovery::automatic);
    EXPECT_TRUE(usual.peer_announce);
    EXPECT_FALSE(usual.tor_proxy);
    ExpectSays(Bad({"--force-proxy"}), {"--force-proxy", "--tor-proxy"});
    ExpectSays(Bad({"--peer", "ws://a.example:1"}), {"--peer", "tcp or ssl"});
    ExpectSays(Bad({"--peer", "tcp://a.onion:1"}), {"--peer", "a.onion", "--tor-proxy"});
    ExpectSays(Bad({"--peer", "a.example:1"}), {"--peer", "PROTOCOL://HOST:PORT"});
    ExpectSays(Bad({"--peer-discovery", "yes"}), {"--peer-discovery", "auto, on, off or self"});
    ExpectSays(Bad({"--tor-banner", "/nowhere/banner"}), {"--tor-banner", "/nowhere/banner"});
    EXPECT_TRUE(Good({"--peer", "tcp://a.example:1"}).warnings.empty());
    const Options unused = Good({"--peer-discovery", "off", "--peer", "tcp://a.example:1"});
    ASSERT_EQ(unused.warnings.size(), 1U);
    ExpectSays(unused.warnings.front(), {"peer", "not used"});
}

TEST_F(Load, TheKeyIsWithTheCertificateUnlessToldOtherwise) {
    EXPECT_EQ(Good({"--ssl", "127.0.0.1:2", "--cert", "/both.pem"}).key, "/both.pem");
    EXPECT_TRUE(Good({"--ssl", "127.0.0.1:2"}).cert.empty());
    ExpectSays(Bad({"--ssl", "127.0.0.1:2", "--key", "/key.pem"}), {"--key", "--cert"});
    const Options unused = Good({"--cert", "/both.pem"});
    ASSERT_EQ(unused.warnings.size(), 1U);
    ExpectSays(unused.warnings.front(), {"certificate", "not used"});
}

TEST_F(Load, ListenersAndProxiesAreChecked) {
    ExpectSays(Bad({"--ssl", "unix:relative"}), {"--ssl", "unix:/PATH"});
    ExpectSays(Bad({"--ssl", "127.0.0.1:5", "--wss", "127.0.0.1:5"}),
               {"--ssl", "--wss", "another port"});
    ExpectSays(Bad({"--tcp", "unix:/a", "--ws", "unix:/a"}), {"unix:/a", "another path"});
    ExpectSays(Bad({"--proxy-protocol", "10.0.0.1/8"}), {"--proxy-protocol", "10.0.0.0/8", "unix"});
    EXPECT_EQ(Good({"--proxy-protocol", "none"}).proxy_protocol, TrustedProxies{});
    ExpectSays(Bad({"--exempt-subnet", "10.0.0.1/8"}), {"--exempt-subnet", "is 10.0.0.0/8"});
    EXPECT_EQ(Good({"--exempt-subnet", "none"}).exempt_subnet, std::vector<Subnet>{});
    EXPECT_EQ(Good({}).exempt_subnet,
              (std::vector<Subnet>{*ParseSubnet("127.0.0.0/8"), *ParseSubnet("::1")}));
    EXPECT_EQ(Good({"--exempt-subnet", "10.0.0.0/8"}).exempt_subnet,
              std::vector<Subnet>{*ParseSubnet("10.0.0.0/8")});
}

TEST_F(Load, FileAndEnvironmentSayTheSame) {
    const std::string file = File(
        "network = \"signet\"\n"
        "cache_mb = 77\n"
        "strict_version = true\n"
        "tcp = [\"127.0.0.1:1\", \"127.0.0.1:2\"]\n"
        "ws = \"127.0.0.1:3\"\n"
        "zmq = []\n");
    const Options from_file = Good({"--config", file});
    const Options from_environment =
        Good({}, {"AMBER_NETWORK=signet", "AMBER_CACHE_MB=77", "AMBER_STRICT_VERSION=1",
                  "AMBER_TCP=127.0.0.1:1,127.0.0.1:2", "AMBER_WS=127.0.0.1:3", "AMBER_ZMQ=none"});
    for (const Options& options : {from_file, from_environment}) {
        EXPECT_EQ(options.coin->network, "signet");
        EXPECT_EQ(options.cache_mb, 77U);
        EXPECT_TRUE(options.strict_version);
        EXPECT_EQ(options.tcp, (std::vector<Endpoint>{{"127.0.0.1", 1}, {"127.0.0.1", 2}}));
        EXPECT_EQ(options.ws, (std::vector<Endpoint>{{"127.0.0.1", 3}}));
        ASSERT_TRUE(options.zmq);
        EXPECT_TRUE(options.zmq->empty());
    }
}

TEST_F(Load, CommandLineBeatsEnvironmentBeatsFile) {
    const std::string file = File("cache_mb = 101\nreorg_limit = 101\nmax_batch = 101\n");
    const Options options =
        Good({"--cache-mb", "103"},
             {"AMBER_CONFIG=" + file, "AMBER_CACHE_MB=102", "AMBER_REORG_LIMIT=102"});
    EXPECT_EQ(options.config, file);
    EXPECT_EQ(options.cache_mb, 103U);
    EXPECT_EQ(options.reorg_limit, 102U);
    EXPECT_EQ(options.max_batch, 101U);
}

TEST_F(Load, CheckTakesOptionsBeforeAndBehind) {
    Options options = Good({"--network", "regtest", "check", "--digest", "--datadir", "/d"});
    EXPECT_EQ(options.command, Command::check);
    EXPECT_TRUE(options.digest);
    EXPECT_EQ(options.coin->network, "regtest");
    EXPECT_EQ(options.datadir, "/d");
    options =
        Good({"--network", "regtest", "import", "a.dat", "/b", "--verify", "--progress", "0"});
    EXPECT_EQ(options.command, Command::import);
    EXPECT_EQ(options.import_paths, (std::vector<std::filesystem::path>{"a.dat", "/b"}));
    EXPECT_TRUE(options.verify);
    EXPECT_EQ(options.progress_seconds, 0u);
    options = Good({"import", "c", "--datadir", "/d"});
    EXPECT_EQ(options.import_paths, (std::vector<std::filesystem::path>{"c"}));
    EXPECT_EQ(options.datadir, "/d");
    EXPECT_FALSE(options.verify);
    options = Good({"check"});
    EXPECT_EQ(options.command, Command::check);
    EXPECT_FALSE(options.digest);
}

TEST_F(Load, AListOptionDoesNotSwallowTheCommand) {
    const Options options = Good({"--tcp", "127.0.0.1:1", "check"});
    EXPECT_EQ(options.command, Command::check);
    EXPECT_EQ(options.tcp.size(), 1U);
}

TEST_F(Load, UnknownNamesGetASuggestion) {
    ExpectSays(Bad({"--netwrok", "regtest"}), {"--netwrok", "did you mean \"--network\""});
    ExpectSays(Bad({"--cache_mb=5"}), {"--cache_mb", "did you mean \"--cache-mb\""});
    ExpectSays(Bad({"--xyzzyplugh", "5"}), {"unknown option --xyzzyplugh", "--help"});
    ExpectSays(Bad({"chekc"}), {"unknown command \"chekc\"", "\"check\""});
    ExpectSays(Bad({"check", "--digset"}), {"--digset", "\"--digest\""});
    ExpectSays(Bad({"--digest"}), {"--digest", "amberd check --digest"});
    ExpectSays(Bad({"import"}), {"import: needs files", "amberd import FILE|DIR..."});
    ExpectSays(Bad({"--verify"}), {"--verify", "amberd import --verify"});
    ExpectSays(Bad({"import", "f", "--progress", "often"}), {"--progress"});
    const std::string file = File("\nnetwork = \"regtest\"\ncache-mb = 9\n");
    ExpectSays(Bad({"--config", file}), {file.c_str(), ":3: ", "\"cache-mb\"", "\"cache_mb\""});
    ExpectSays(Bad({"--config", File("[limits]\nmax_send = 400000\n")}), {":1: ", "limits"});
    ExpectSays(Bad({"--config", File("config = \"x\"\n")}), {":1: ", "unknown key \"config\""});
}

TEST_F(Load, WrongTypesInTheFileNameTheLineAndTheRemedy) {
    ExpectSays(Bad({"--config", File("cache_mb = \"512\"\n")}),
               {":1: cache_mb: wrong type", "cache_mb = 1000"});
    ExpectSays(Bad({"--config", File("\n\ntcp = 50001\n")}),
               {":3: tcp: wrong type", "tcp = [\"HOST:PORT\"]"});
    ExpectSays(Bad({"--config", File("tcp = [\"127.0.0.1:1\", 2]\n")}), {":1: tcp: wrong type"});
    ExpectSays(Bad({"--config", File("strict_version = \"yes\"\n")}), {"strict_version = true"});
    ExpectSays(Bad({"--config", File("datadir = [\"a\"]\n")}), {"datadir = \"DIR\""});
    ExpectSays(Bad({"--config", File("cache_mb = 1.5\n")}), {"wrong type"});
}

TEST_F(Load, BrokenFilesAreNamed) {
    ExpectSays(Bad({"--config", File("cache_mb = 100\ncache_mb = 200\n")}), {":2: ", "not TOML"});
    ExpectSays(Bad({"--config", File("cache_mb = = 1\n")}), {":1: ", "not TOML"});
    ExpectSays(Bad({"--config", "/nowhere/amber.toml"}), {"/nowhere/amber.toml", "cannot read"});
    ExpectSays(Bad({"--config", "/tmp"}), {"/tmp", "not a file"});
    ExpectSays(Bad({"--config", "/dev/zero"}), {"/dev/zero", "too long"});
    ExpectSays(Bad({"--config", ""}), {"--config", "empty"});
}

TEST_F(Load, BadValuesNameWhereTheyStood) {
    ExpectSays(Bad({"--tcp", "50001"}), {"--tcp: \"50001\" is not HOST:PORT", "127.0.0.1:50001"});
    ExpectSays(Bad({}, {"AMBER_TCP=localhost"}), {"AMBER_TCP: \"localhost\""});
    ExpectSays(Bad({"--config", File("\nadmin = \"x\"\n")}), {":2: admin: \"x\""});
    ExpectSays(Bad({"--network", "regtset"}), {"--network", "mainnet, ", "\"regtest\"?"});
    ExpectSays(Bad({"--coin", "dogecoin"}), {"--coin", "bitcoin"});
    ExpectSays(Bad({"--log-level", "verbose"}), {"--log-level", "trace, debug"});
    ExpectSays(Bad({"--source", "smoke"}), {"--source", "auto, rpc, rest, files or p2p"});
    ExpectSays(Bad({"--cache-mb", "49"}), {"--cache-mb: \"49\"", "from 50 to 1000000"});
    ExpectSays(Bad({"--cache-mb", "-1"}), {"--cache-mb"});
    ExpectSays(Bad({"--cache-mb", "99999999999999999999"}), {"--cache-mb"});
    ExpectSays(Bad({"--cache-mb", "1e3"}), {"\"1e3\""});
    ExpectSays(Bad({}, {"AMBER_STRICT_VERSION=maybe"}), {"AMBER_STRICT_VERSION", "true or false"});
    ExpectSays(Bad({"--zmq", "udp://x:1"}), {"--zmq", "tcp://127.0.0.1:28332"});
    ExpectSays(Bad({"--report-service", "http://x:1"}), {"--report-service", "ssl://"});
    ExpectSays(Bad({"--report-service", "tcp://x:0"}), {"--report-service"});
    ExpectSays(Bad({"--tcp"}), {"--tcp needs a value", "--tcp HOST:PORT"});
    ExpectSays(Bad({"--banner-file", "/nowhere/banner"}), {"--banner-file", "/nowhere/banner"});
    ExpectSays(Bad({"--daemon", "none", "--source", "rpc"}), {"--source", "--daemon is none"});
    ExpectSays(Bad({"--daemon", "none", "--source", "rest"}), {"--source", "--daemon is none"});
    ExpectSays(Bad({"--daemon", "none", "--p2p", "none"}), {"--p2p", "needs the address"});
    ExpectSays(Bad({"--source", "p2p", "--p2p", "none"}), {"--p2p", "needs the address"});
}

TEST_F(Load, APasswordIsNeverPrintedBack) {
    for (const char* url : {"https://u:hunter2@h:1", "u:hunter2@h", "http://u:hunter2@h:99999",
                            "http://hunter2@h:1", "http://:hunter2@h:1"}) {
        const std::string complaint = Bad({"--daemon", url});
        ExpectSays(complaint, {"--daemon: ", "http://USER:PASSWORD@HOST:PORT"});
        EXPECT_EQ(complaint.find("hunter2"), std::string::npos) << complaint;
    }
    EXPECT_EQ(Good({"--daemon", "http://u:p@ss:w@h/"}).daemon.size(), 1U);
}

TEST_F(Load, DuplicatesAreRefused) {
    ExpectSays(Bad({"--network", "regtest", "--network", "signet"}), {"--network", "2 times"});
    ExpectSays(Bad({"--cache-mb", "100", "--cache-mb", "200"}), {"--cache-mb", "2 times"});
    ExpectSays(Bad({"--tcp", "127.0.0.1:1", "--tcp", "127.0.0.1:1"}), {"--tcp", "twice"});
    ExpectSays(Bad({"--tcp", "127.0.0.1:8000"}), {"--tcp and --admin", "127.0.0.1:8000"});
    EXPECT_EQ(Good({"--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0"}).ws.size(), 1U);
}

TEST_F(Load, SlipsAreWarnedOf) {
    const auto warnings =
        Good({"--admin", "0.0.0.0:8000"}, {"AMBER_DAEMN=http://x", "AMBER_PORT=tcp://10.0.0.1:80"})
            .warnings;
    ASSERT_EQ(warnings.size(), 2U);
    EXPECT_NE(warnings[0].find("AMBER_DAEMON"), std::string::npos);
    EXPECT_NE(warnings[1].find("0.0.0.0:8000"), std::string::npos);
    EXPECT_TRUE(Good({}, {"AMBER_CHAIN_DATA=/x"}).warnings.empty());
}

}  // namespace
}  // namespace amber::config
