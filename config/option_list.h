#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/options.h"

namespace amber::config {

enum class Group { general, node, listen, wallets, peers, index, limits };

/// The field that an option fills; its type decides how a value is written and checked.
using Field =
    std::variant<std::monostate,  ///< no field of its own: LoadOptions() looks at it first
                 std::string Options::*, std::filesystem::path Options::*, std::uint32_t Options::*,
                 bool Options::*, Source Options::*, FirstSync Options::*, PeerDiscovery Options::*,
                 std::optional<Endpoint> Options::*, std::vector<Endpoint> Options::*,
                 std::vector<std::string> Options::*, std::vector<Service> Options::*,
                 TrustedProxies Options::*, std::vector<Subnet> Options::*,
                 std::optional<std::vector<std::string>> Options::*,
                 std::optional<std::vector<Endpoint>> Options::*>;

/// The whole declaration of an option. The command line, the environment, the file, `--help` and
/// the sample files all follow from it.
struct OptionSpec {
    std::string_view name;  ///< with dashes, as on the command line
    Group group = Group::general;
    std::string_view value;  ///< what --help calls the value: "HOST:PORT"
    Field field;
    std::string_view help;
    /// Default values, written as an operator would; empty: nothing is set.
    std::vector<std::string> (*defaults)(const index::Coin&) = nullptr;
    std::uint32_t min = 0;  ///< of a number
    std::uint32_t max = std::numeric_limits<std::uint32_t>::max();
    std::vector<std::string_view> choices = {};  ///< all the words allowed; empty: any
    bool in_file = true;
};

std::span<const OptionSpec> OptionList();
/// Null if there is none of that name (with dashes).
const OptionSpec* FindOption(std::string_view name);
/// All names, with dashes; for suggestions.
std::vector<std::string_view> OptionNames();

[[nodiscard]] bool IsRepeatable(const OptionSpec& spec);
[[nodiscard]] bool IsNumber(const OptionSpec& spec);
[[nodiscard]] bool IsSwitch(const OptionSpec& spec);

/// "cache_mb", the name in a file.
std::string FileKey(std::string_view name);
/// "AMBER_CACHE_MB".
std::string EnvironmentKey(std::string_view name);
/// "tcp, ssl" ... the title of a group in --help and in the samples.
std::string_view Title(Group group);

/// Where amber-cli finds amberd unless told otherwise: a port per network, so that one machine can
/// run several.
Endpoint DefaultAdmin(std::string_view network);

}  // namespace amber::config
