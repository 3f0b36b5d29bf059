#pragma once
#include <filesystem>

#include "config/assign.h"
#include "config/layer.h"

namespace amber::config {

/// Reads a TOML file of options into `layer`. Complains of what cannot be read, of unknown keys and
/// of values of another type than the option's.
Complaint ReadFile(const std::filesystem::path& path, Layer& layer);

}  // namespace amber::config
