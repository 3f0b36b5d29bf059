#pragma once
#include "config/assign.h"
#include "config/layer.h"
#include "config/options.h"

namespace amber::config {

struct CommandLine {
    Layer layer;
    Command command = Command::serve;
    bool digest = false;
    std::vector<std::filesystem::path> import_paths;
    bool verify = false;
    std::uint32_t progress_seconds = 15;
    bool help = false;
    bool version = false;
};

/// Takes the command line apart; values are checked later, with the coin known.
Complaint ReadCommandLine(int argc, const char* const* argv, CommandLine& line);

}  // namespace amber::config
