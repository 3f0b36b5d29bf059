#include "tests/structure/include_rules.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <regex>
#include <sstream>

namespace amber::structure {
namespace {

/// What files below `folder` may include by repo path. The longest matching folder counts.
struct Arrow {
    std::string_view folder;
    std::vector<std::string_view> may_include;
};

const std::vector<Arrow>& Arrows() {
    static const std::vector<Arrow> arrows = {
        {"index/", {"index/"}},
        {"index/chain/", {"index/chain/"}},
        {"index/ports/", {"index/ports/", "index/chain/"}},
        {"daemon_client/", {"daemon_client/", "index/chain/", "index/ports/"}},
        {"config/", {"config/", "index/chain/coin.h"}},
        {"server/", {"server/", "index/"}},
        // amber-cli is a program of its own: it has a command line, and no index.
        {"server/cli/", {"server/cli/", "server/protocol/", "config/"}},
        {"server/app/", {"server/", "index/", "daemon_client/", "config/"}},
    };
    return arrows;
}

/// Headers of libraries that only some folders may see.
struct Reserved {
    std::string_view prefix;
    std::vector<std::string_view> folders;
};

const std::vector<Reserved>& ReservedHeaders() {
    static const std::vector<std::string_view> kNet = {"daemon_client/", "server/"};
    static const std::vector<Reserved> reserved = {
        {"rocksdb/", {"index/store/"}},
        {"boost/asio", kNet},
        {"boost/beast", kNet},
        {"boost/json", kNet},
        {"zmq", {"daemon_client/"}},
        {"CLI/", {"config/"}},
        {"toml++/", {"config/"}},
        {"sys/socket.h", kNet},
        {"sys/un.h", kNet},
        {"netinet/", kNet},
        {"arpa/", {"config/", "daemon_client/", "server/"}},  // addresses in options
        {"openssl/ssl.h", {"server/"}},
        {"netdb.h", kNet},
    };
    return reserved;
}

bool StartsWithOneOf(std::string_view text, const std::vector<std::string_view>& prefixes) {
    return std::ranges::any_of(prefixes,
                               [&](std::string_view prefix) { return text.starts_with(prefix); });
}

std::string Listed(const std::vector<std::string_view>& words) {
    std::string text;
    for (const std::string_view word : words)
        text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
}

}  // namespace

std::vector<std::string> Includes(std::string_view source) {
    static const std::regex kInclude(R"(^\s*#\s*include\s*(<[^>]*>|"[^"]*"))");
    std::vector<std::string> headers;
    std::istringstream lines{std::string(source)};
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_search(line, match, kInclude)) headers.push_back(match[1]);
    }
    return headers;
}

std::string WhyNot(const std::string& path, const std::string& header) {
    const std::string name = header.substr(1, header.size() - 2);
    for (const Reserved& reserved : ReservedHeaders()) {
        if (name.starts_with(reserved.prefix) && !StartsWithOneOf(path, reserved.folders)) {
            return "only " + Listed(reserved.folders) + " may see " + std::string(reserved.prefix);
        }
    }
    if (header.front() == '<') return {};

    const Arrow* nearest = nullptr;
    for (const Arrow& arrow : Arrows()) {
        const bool matches = path.starts_with(arrow.folder);
        if (matches && (!nearest || arrow.folder.size() > nearest->folder.size())) nearest = &arrow;
    }
    if (nearest == nullptr) return "its folder is not in the list of arrows";
    if (StartsWithOneOf(name, nearest->may_include)) return {};
    return std::string(nearest->folder) + " may include " + Listed(nearest->may_include) +
           " only, by paths from the repo root";
}

std::string SubFolder(const std::string& path) {
    const std::size_t first = path.find('/');
    const std::size_t second = path.find('/', first + 1);
    if (first == std::string::npos || second == std::string::npos) return {};
    return path.substr(0, second);
}

std::vector<std::string> FindCircle(const std::map<std::string, std::set<std::string>>& arrows) {
    std::vector<std::string> way;
    std::set<std::string> done;
    std::function<bool(const std::string&)> visit = [&](const std::string& folder) {
        if (const auto back = std::ranges::find(way, folder); back != way.end()) {
            way.erase(way.begin(), back);
            return true;
        }
        if (!done.insert(folder).second) return false;
        way.push_back(folder);
        if (const auto next = arrows.find(folder); next != arrows.end()) {
            if (std::ranges::any_of(next->second, visit)) return true;
        }
        way.pop_back();
        return false;
    };
    for (const auto& [folder, unused] : arrows) {
        if (visit(folder)) return way;
    }
    return {};
}

}  // namespace amber::structure
