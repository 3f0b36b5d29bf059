#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace amber::structure {

/// Header names of a source text's #include lines, with their quotes or angle brackets.
std::vector<std::string> Includes(std::string_view source);

/// Why the file at `path` (from the repo root) must not include `header` (as Includes() gives it);
/// empty if it may. The arrows of design.md, section 1:
///
///     daemon_client --> index <-- server      only server/app sees all three
std::string WhyNot(const std::string& path, const std::string& header);

/// "index/chain" of "index/chain/hash.h"; empty for a file right below the top-level folder.
std::string SubFolder(const std::string& path);

/// Folders in a circle, in order; empty if `arrows` has none.
std::vector<std::string> FindCircle(const std::map<std::string, std::set<std::string>>& arrows);

}  // namespace amber::structure
