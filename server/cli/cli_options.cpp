#include "server/cli/cli_options.h"

#include <optional>
#include <string_view>

#include "config/assign.h"
#include "config/environment.h"
#include "config/option_list.h"
#include "config/version.h"

namespace amber::server {
namespace {

using config::Message;

constexpr std::string_view kHelp =
    R"(amber-cli asks a running amberd on its admin port and prints the answer.

Usage: amber-cli [--network NAME | --admin HOST:PORT] [--json] METHOD [ARGUMENTS...]

Methods:
  getinfo                     heights, progress, time left, sessions, memory, versions
  sessions                    the wallets connected now
  disconnect ID... | all      close sessions
  query ITEM...               balance, unspent outputs and history of addresses or scripts (hex)
  daemon_url [URL...]         show the nodes' addresses, or replace them
  log_level [LEVEL]           show the log level, or set it: trace, debug, info, warning, error
  reorg [N]                   go back N blocks (3) and follow the node again
  digest                      a digest of every table; the same for the same chain
  stop                        end amberd cleanly
  limits [NAME VALUE...]      the bounds on what wallets can use, or change one until the next start
  groups                      networks by what they have cost
  ban ADDRESS|CIDR [SECONDS]  close its sessions and refuse new ones; for good without SECONDS
  unban ADDRESS|CIDR          end that ban
  listbanned                  bans, and for how long
  peers                       other servers that are known, and how they are
  add_peer URL...             look at a server: ssl://HOST:PORT, tcp://HOST:PORT
  broadcast                   read the banner files again, and give wallets their new text

Options:
  --network NAME      find amberd at that network's default admin port (mainnet)
  --admin HOST:PORT   find it there
  --json              print JSON, for scripts; else it is tables, for people
  --help, -h          this text
  --version           versions
  Without them, AMBER_NETWORK and AMBER_ADMIN of the environment count. Options may stand
  before or behind METHOD.

Arguments that are JSON (numbers, true, null, lists, ...) are sent as they are, all others as strings.
Exit codes: 0 answered; 1 the answer is an error, or there is none; 2 wrong command line.

Examples:
  amber-cli getinfo
  amber-cli --network regtest reorg 10
  amber-cli --json sessions | jq length
  amber-cli query bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq
)";

Message Wrong(const std::string& text) {
    return {"amber-cli: " + text + " (see `amber-cli --help`)\n", 2};
}

/// What is known of an option before the command line is read through.
struct Place {
    std::optional<std::string> admin;
    std::optional<std::string> network;
};

std::optional<std::string> FromEnvironment(const config::Environment& environment,
                                           std::string_view option) {
    const auto found = environment.layer.find(option);
    if (found == environment.layer.end()) return std::nullopt;
    return found->second.values.front();
}

/// Puts the value of an option such as --admin into `value`, if words[at] is that option; advances
/// past it.
bool Take(const std::vector<std::string>& words, std::size_t& at, std::string_view name,
          std::optional<std::string>& value) {
    const std::string& word = words[at];
    if (word == name && at + 1 < words.size()) {
        value = words[++at];
        return true;
    }
    if (!word.starts_with(std::string(name) + "=")) return false;
    value = word.substr(name.size() + 1);
    return true;
}

std::variant<config::Endpoint, Message> Find(const Place& place) {
    if (place.admin) {
        const auto endpoint = config::ParseEndpoint(*place.admin);
        if (endpoint) return *endpoint;
        return Wrong("--admin: \"" + *place.admin + "\" is not HOST:PORT");
    }
    const std::string network = place.network.value_or("mainnet");
    if (auto complaint = config::CheckChoice(*config::FindOption("network"), network)) {
        return Wrong("--network: " + *complaint);
    }
    return config::DefaultAdmin(network);
}

}  // namespace

std::variant<CliOptions, Message> ReadCliOptions(int argc, const char* const* argv,
                                                 const char* const* env) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const config::Environment environment = config::ReadEnvironment(env);
    Place place;
    bool json = false;
    std::vector<std::string> request;  // method and arguments
    for (std::size_t at = 0; at < words.size(); ++at) {
        // Of arguments some are negative numbers.
        if (!words[at].starts_with(request.empty() ? "-" : "--") && words[at] != "-h") {
            request.push_back(words[at]);
            continue;
        }
        if (words[at] == "--help" || words[at] == "-h") return Message{std::string(kHelp), 0};
        if (words[at] == "--version") return Message{config::VersionText("amber-cli"), 0};
        if (words[at] == "--json") {
            json = true;
            continue;
        }
        if (!Take(words, at, "--admin", place.admin) &&
            !Take(words, at, "--network", place.network)) {
            return Wrong("unknown option, or one without its value: " + words[at]);
        }
    }
    if (request.empty()) return Wrong("which method? For example: amber-cli getinfo");

    // A network named here beats an address from the environment.
    if (!place.admin && !place.network) place.admin = FromEnvironment(environment, "admin");
    if (!place.network) place.network = FromEnvironment(environment, "network");
    auto found = Find(place);
    if (auto* message = std::get_if<Message>(&found)) return std::move(*message);
    return CliOptions{std::get<config::Endpoint>(found),
                      json,
                      request.front(),
                      {request.begin() + 1, request.end()}};
}

}  // namespace amber::server
