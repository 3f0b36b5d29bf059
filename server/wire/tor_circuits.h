#pragma once
#include "server/wire/subnet.h"

namespace amber::server {

/// As `HiddenServiceExportCircuitID haproxy` has Tor name its circuits, in PROXY headers.
inline const Subnet kTorCircuits({0xfc, 0, 0xde, 0xad, 0xbe, 0xef, 0x4d, 0xad}, 64);

}  // namespace amber::server
