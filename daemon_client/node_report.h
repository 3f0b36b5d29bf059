#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "index/chain/strong.h"

namespace amber::daemon_client {

/// What a look at the node found.
struct NodeReport {
    std::string daemon;      ///< host:port
    int version = 0;         ///< 290400 for 29.4
    std::string subversion;  ///< "/Satoshi:29.4.0/"
    std::string chain;       ///< as the node names it: "main", "regtest", ...
    index::Height height, best_header;
    std::uint64_t tx_count = 0;  ///< of the chain up to `height`, about; 0 if the node cannot tell
    bool initial_download = false;
    bool pruned = false;

    /// Why Amber cannot follow this node (wrong network, too old, pruned), each with what to do.
    std::vector<std::string> problems;
    /// What the operator should know but Amber can live with.
    std::vector<std::string> notes;
};

}  // namespace amber::daemon_client
