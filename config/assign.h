#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/option_list.h"

namespace amber::config {

/// One line for the operator; it says where, what and how to put it right.
using Complaint = std::optional<std::string>;

/// Checks `values` (as an operator writes them) and puts them into the option's field.
/// A leading ~ of a path stands for `home`, which is empty if unknown. A complaint does not yet say
/// where the values stood.
Complaint Assign(const OptionSpec& spec, const std::vector<std::string>& values,
                 const std::filesystem::path& home, Options& options);

/// Complains if the word is none of the option's choices.
Complaint CheckChoice(const OptionSpec& spec, std::string_view value);

}  // namespace amber::config
