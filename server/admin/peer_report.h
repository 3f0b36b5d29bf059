#pragma once
#include "server/peers/peer_directory.h"
#include "server/protocol/json_writer.h"

namespace amber::server {

/// [{"host", "status", ...}, ...]: the answer to `peers`. Times are seconds from now.
void WritePeers(JsonWriter& out, const PeerDirectory::Snapshot& peers);

/// {"good": n, "stale": n, "never": n, "bad": n, "total": n}, for `getinfo`.
void WritePeerCounts(JsonWriter& out, const PeerDirectory::Snapshot& peers);

}  // namespace amber::server
