#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "config/layer.h"

namespace amber::config {

struct Environment {
    Layer layer;
    std::filesystem::path home;         ///< HOME, or as the user database says; empty if unknown
    std::vector<std::string> warnings;  ///< of AMBER_ names that look like slips
};

/// Picks AMBER_* out of null-terminated "KEY=value" strings. Lists are written with commas. Unknown
/// names are no error: container platforms set AMBER_PORT and the like by themselves.
Environment ReadEnvironment(const char* const* env);

}  // namespace amber::config
