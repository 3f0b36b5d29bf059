#include "config/config_file.h"

#include <toml++/toml.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "config/option_list.h"
#include "config/suggest.h"

namespace amber::config {
namespace {

constexpr std::streamsize kLongestFile = 1'000'000;

std::string Place(const std::filesystem::path& path, const toml::source_region& source) {
    return path.string() + ":" + std::to_string(source.begin.line) + ": ";
}

/// Options that may stand in a file, as they are written there.
std::vector<std::string> FileKeys() {
    std::vector<std::string> keys;
    for (const OptionSpec& spec : OptionList()) {
        if (spec.in_file) keys.push_back(FileKey(spec.name));
    }
    return keys;
}

const OptionSpec* FindByFileKey(std::string_view key) {
    for (const OptionSpec& spec : OptionList()) {
        if (spec.in_file && FileKey(spec.name) == key) return &spec;
    }
    return nullptr;
}

std::string UnknownKey(const std::string& key) {
    const std::vector<std::string> keys = FileKeys();
    return "unknown key \"" + key + "\"" + DidYouMean(key, {keys.begin(), keys.end()}) +
           " (`amberd --help` lists them all)";
}

/// How the option is written in a file, for complaints.
std::string Example(const OptionSpec& spec) {
    const std::string key = FileKey(spec.name);
    if (IsNumber(spec)) return key + " = " + std::to_string(spec.max > 1000 ? 1000 : spec.min);
    if (IsSwitch(spec)) return key + " = true";
    const std::string text = "\"" + std::string(spec.value) + "\"";
    return IsRepeatable(spec) ? key + " = [" + text + "]" : key + " = " + text;
}

/// One value as text; nothing if it is of another type than the option's.
std::optional<std::string> AsText(const OptionSpec& spec, const toml::node& node) {
    if (IsNumber(spec)) {
        const auto number = node.value_exact<std::int64_t>();
        return number ? std::optional(std::to_string(*number)) : std::nullopt;
    }
    if (IsSwitch(spec)) {
        const auto value = node.value_exact<bool>();
        return value ? std::optional<std::string>(*value ? "true" : "false") : std::nullopt;
    }
    return node.value_exact<std::string>();
}

std::optional<std::vector<std::string>> AsTexts(const OptionSpec& spec, const toml::node& node) {
    std::vector<std::string> texts;
    const toml::array* list = IsRepeatable(spec) ? node.as_array() : nullptr;
    if (list == nullptr) {
        auto text = AsText(spec, node);
        if (!text) return std::nullopt;
        texts.push_back(std::move(*text));
        return texts;
    }
    for (const toml::node& element : *list) {
        auto text = AsText(spec, element);
        if (!text) return std::nullopt;
        texts.push_back(std::move(*text));
    }
    return texts;
}

Complaint ReadTable(const std::filesystem::path& path, const toml::table& table, Layer& layer) {
    for (const auto& [key, node] : table) {
        const std::string name(key.str());
        const std::string place = Place(path, key.source());
        const OptionSpec* spec = FindByFileKey(name);
        if (spec == nullptr) return place + UnknownKey(name);
        auto texts = AsTexts(*spec, node);
        if (!texts) return place + name + ": wrong type of value; write " + Example(*spec);
        layer[spec->name] = {std::move(*texts), place + name};
    }
    return std::nullopt;
}

/// The whole file, if it is one and of a size that options have.
Complaint ReadText(const std::filesystem::path& path, std::string& text) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return path.string() + ": cannot read the file (" + std::strerror(errno) +
               "); check --config and the file's permissions";
    }
    std::string buffer(kLongestFile + 1, '\0');
    file.read(buffer.data(), kLongestFile + 1);
    if (file.bad() || std::filesystem::is_directory(path)) {
        return path.string() + ": is not a file; check --config";
    }
    if (file.gcount() > kLongestFile) {
        return path.string() + ": is too long for a file of options; check --config";
    }
    text = buffer.substr(0, static_cast<std::size_t>(file.gcount()));
    return std::nullopt;
}

}  // namespace

Complaint ReadFile(const std::filesystem::path& path, Layer& layer) {
    std::string text;
    if (auto complaint = ReadText(path, text)) return complaint;
    try {
        return ReadTable(path, toml::parse(text), layer);
    } catch (const toml::parse_error& error) {
        return Place(path, error.source()) + "not TOML: " + std::string(error.description());
    }
}

}  // namespace amber::config
