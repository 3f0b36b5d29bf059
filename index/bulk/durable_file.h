#pragma once
#include <filesystem>
#include <string_view>

namespace amber::index::bulk {

/// Writes the file anew, so that after a crash or power cut it is either the old or the new one,
/// whole. Throws StoreError.
void ReplaceDurably(const std::filesystem::path& path, std::string_view text);

}  // namespace amber::index::bulk
