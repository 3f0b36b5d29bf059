#pragma once
#include <string>

#include "config/option_list.h"

namespace amber::config {

/// What `amberd --help` prints, with the defaults of `coin`.
std::string HelpText(const index::Coin& coin);
/// The text of config/samples/NETWORK.toml: every option, with its default, as a comment.
std::string SampleText(const index::Coin& coin);

}  // namespace amber::config
