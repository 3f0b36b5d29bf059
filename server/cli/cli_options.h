#pragma once
#include <string>
#include <variant>
#include <vector>

#include "config/endpoint.h"
#include "config/options.h"

namespace amber::server {

struct CliOptions {
    config::Endpoint admin;
    bool json = false;  ///< for scripts; else tables for people
    std::string method;
    std::vector<std::string> arguments;
};

/// Reads amber-cli's command line, then AMBER_ADMIN and AMBER_NETWORK of `env` (null-terminated
/// "KEY=value" strings).
std::variant<CliOptions, config::Message> ReadCliOptions(int argc, const char* const* argv,
                                                         const char* const* env);

}  // namespace amber::server
