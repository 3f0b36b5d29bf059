#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace amber::config {

/// The candidate that `word` is most likely a slip of; empty if none is near.
std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& candidates);
/// `; did you mean "tcp"?` or nothing.
std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& candidates);
/// "a, b or c".
std::string OneOf(const std::vector<std::string_view>& words);

}  // namespace amber::config
