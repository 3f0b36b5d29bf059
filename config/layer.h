#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace amber::config {

/// Values of one option as somebody wrote them, not yet checked.
struct Given {
    std::vector<std::string> values;
    std::string where;  ///< opens a complaint: "--tcp", "AMBER_TCP", "amber.toml:7: tcp"
};

/// What one source says, by option name (with dashes). Names are known ones.
using Layer = std::map<std::string_view, Given>;

}  // namespace amber::config
