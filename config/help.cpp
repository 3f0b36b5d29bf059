#include "config/help.h"

#include <array>

#include "config/suggest.h"
#include "config/text_wrap.h"
#include "config/version.h"
#include "index/chain/coin.h"

namespace amber::config {
namespace {

constexpr std::array kGroups = {Group::general, Group::node,  Group::listen, Group::wallets,
                                Group::peers,   Group::index, Group::limits};

std::string Intro() {
    return "amberd " + std::string(Version()) +
           " serves light wallets (Electrum protocol) from your own Bitcoin node. It reads the\n"
           "node's blocks, keeps an index in a directory of its own, and answers wallets from "
           "it.\n";
}

constexpr std::string_view kUsage = R"(
Usage:
  amberd [OPTIONS]                    follow the node and serve wallets
  amberd check [--digest] [OPTIONS]   read the index, change nothing; --digest prints its digests
  amberd import FILE|DIR... [--verify] [--progress SECONDS] [OPTIONS]
                                      index the blocks of files, with no node: bootstrap.dat, or
                                      directories of blk*.dat; --verify checks merkle roots, too;
                                      --progress 0 shows none. Run it again to go on.

Examples:
  amberd
      mainnet, with the node, its cookie file and the wallets on this machine
  amberd --network signet --tcp 0.0.0.0:60601 --datadir /ssd/amber
  amberd --config /etc/amber/amberd.toml --log-level debug
  amber-cli getinfo
      ask a running amberd how far it is
)";

constexpr std::string_view kSources = R"(
File:
  --config names a TOML file with the same options, spelled with underscores:
      cache_mb = 2000
      tcp = ["127.0.0.1:50001", "[::1]:50001"]
  Commented samples for every network are in config/samples/.

Environment:
  AMBER_ and the name in capitals, lists with commas: AMBER_CACHE_MB=2000 AMBER_TCP=0.0.0.0:50001
  The command line beats the environment, and the environment beats the file.

Exit codes: 0 ended as asked; 1 stopped by trouble that the last log line names; 2 wrong options.
)";

std::string Default(const OptionSpec& spec, const index::Coin& coin) {
    std::string text;
    for (const std::string& value : spec.defaults(coin)) text += (text.empty() ? "" : " ") + value;
    return text;
}

std::string Facts(const OptionSpec& spec) {
    std::string facts;
    if (!spec.choices.empty()) facts += " One of: " + OneOf(spec.choices) + ".";
    if (IsRepeatable(spec)) facts += " Can be repeated.";
    return facts;
}

std::string OptionHelp(const OptionSpec& spec, const index::Coin& coin) {
    constexpr std::string_view kIndent = "      ";
    std::string text = "  --" + std::string(spec.name);
    if (!spec.value.empty()) text += " " + std::string(spec.value);
    text += "\n" + Wrapped(std::string(spec.help) + Facts(spec), kIndent);
    const std::string usual = Default(spec, coin);
    if (!usual.empty() && !IsSwitch(spec))
        text += std::string(kIndent) + "Default: " + usual + "\n";
    return text;
}

/// The option as a line of TOML; an option without default shows what kind of value it takes.
std::string Setting(const OptionSpec& spec, const index::Coin& coin) {
    std::vector<std::string> values = spec.defaults(coin);
    if (values.empty()) values.emplace_back(spec.value);
    const bool bare = IsNumber(spec) || IsSwitch(spec);
    std::string text;
    for (const std::string& value : values) {
        text += (text.empty() ? "" : ", ") + (bare ? value : "\"" + value + "\"");
    }
    return FileKey(spec.name) + " = " + (IsRepeatable(spec) ? "[" + text + "]" : text) + "\n";
}

std::string SampleOption(const OptionSpec& spec, const index::Coin& coin) {
    std::string help(spec.help);
    if (!spec.choices.empty()) help += " One of: " + OneOf(spec.choices) + ".";
    if (spec.defaults(coin).empty()) help += " Not set by default.";
    // The network is what makes this sample the network's own.
    const bool set = spec.name == "network";
    return Wrapped(help, "# ") + (set ? "" : "#") + Setting(spec, coin);
}

}  // namespace

std::string HelpText(const index::Coin& coin) {
    std::string text = Intro() + std::string(kUsage);
    for (const Group group : kGroups) {
        text += "\n" + std::string(Title(group)) + ":\n";
        for (const OptionSpec& spec : OptionList()) {
            if (spec.group == group) text += OptionHelp(spec, coin);
        }
    }
    text += "\nAnd:\n  --help, -h\n      This text, with the defaults of --network.\n";
    text += "  --version\n      Versions of amberd and of what it was built with.\n";
    return text + std::string(kSources);
}

std::string SampleText(const index::Coin& coin) {
    const std::string network(coin.network);
    std::string text = "# amberd on " + std::string(coin.name) + " " + network +
                       ": every option, with its default behind the #.\n"
                       "# Use: amberd --config " +
                       network +
                       ".toml\n"
                       "# Generated from config/option_list.cpp (target write_samples).\n";
    for (const Group group : kGroups) {
        text += "\n# ---- " + std::string(Title(group)) + " ----\n";
        for (const OptionSpec& spec : OptionList()) {
            if (spec.group == group && spec.in_file) text += "\n" + SampleOption(spec, coin);
        }
    }
    return text;
}

}  // namespace amber::config
