#pragma once
#include "config/options.h"

namespace amber::server {

/// `amberd check`: reads every row, which proves every checksum; headers and txids prove each
/// other. Returns the exit code: 1 if a first sync is unfinished, for then there is no index yet.
/// Throws StoreError naming what is wrong.
int Check(const config::Options& options);

}  // namespace amber::server
