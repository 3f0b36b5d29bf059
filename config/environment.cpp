#include "config/environment.h"

#include <pwd.h>
#include <unistd.h>

#include "config/option_list.h"
#include "config/suggest.h"

namespace amber::config {
namespace {

constexpr std::string_view kPrefix = "AMBER_";

std::vector<std::string> Split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// From the user database, for services that start without HOME. Called before any thread starts.
std::filesystem::path HomeOfUser() {
    const passwd* user = getpwuid(getuid());
    return user != nullptr && user->pw_dir != nullptr ? user->pw_dir : "";
}

}  // namespace

Environment ReadEnvironment(const char* const* env) {
    std::vector<std::string> keys;
    for (const OptionSpec& spec : OptionList()) keys.push_back(EnvironmentKey(spec.name));
    std::vector<std::string_view> names;  // without the prefix, which all have in common
    for (const std::string& key : keys)
        names.push_back(std::string_view(key).substr(kPrefix.size()));

    Environment found;
    for (; *env != nullptr; ++env) {
        const std::string_view entry = *env;
        const std::size_t equals = entry.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view key = entry.substr(0, equals);
        const std::string_view value = entry.substr(equals + 1);
        if (key == "HOME") found.home = value;
        if (!key.starts_with(kPrefix)) continue;

        bool known = false;
        for (const OptionSpec& spec : OptionList()) {
            if (EnvironmentKey(spec.name) != key) continue;
            known = true;
            found.layer[spec.name] = {
                IsRepeatable(spec) ? Split(value, ',') : std::vector{std::string(value)},
                std::string(key)};
        }
        if (known || key == "AMBER_PORT") continue;  // container platforms set that one
        if (const std::string_view near = Nearest(key.substr(kPrefix.size()), names);
            !near.empty()) {
            found.warnings.push_back(std::string(key) + " is no option; did you mean " +
                                     std::string(kPrefix) + std::string(near) + "?");
        }
    }
    if (found.home.empty()) found.home = HomeOfUser();
    return found;
}

}  // namespace amber::config
