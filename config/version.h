#pragma once
#include <string>
#include <string_view>

namespace amber::config {

/// "0.1.0".
std::string_view Version();
/// What `--version` prints for `program`: its version and what it was built with.
std::string VersionText(std::string_view program);

}  // namespace amber::config
