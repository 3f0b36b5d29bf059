#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

// Small files that are replaced whole: a text, then its SHA-256.
namespace amber::index::bulk {

/// After a crash or power cut the file is either the old or the new one, whole; and names made in
/// its folder before are there to stay. Throws StoreError.
void ReplaceDurably(const std::filesystem::path& path, std::string_view text);

/// The text; nothing if there is no such file. Throws FatalError if it is damaged.
[[nodiscard]] std::optional<std::string> ReadDurable(const std::filesystem::path& path);

}  // namespace amber::index::bulk
