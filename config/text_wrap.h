#pragma once
#include <string>
#include <string_view>

namespace amber::config {

/// Breaks words into lines of at most 90 columns, each opened by `indent` and closed by a newline.
std::string Wrapped(std::string_view text, std::string_view indent);

}  // namespace amber::config
