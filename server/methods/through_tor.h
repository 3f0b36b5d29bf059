#pragma once
#include "server/methods/method.h"
#include "server/wire/peer_name.h"
#include "server/wire/tor_circuits.h"

namespace amber::server {

/// Whether the asker seems to come through Tor. Of a session-bound method.
inline bool ThroughTor(const Call& call) {
    const auto address = AddressIn(call.client->Peer());
    return address && (kTorCircuits.Contains(*address) ||
                       AnyContains(call.services.options.tor_callers, *address));
}

}  // namespace amber::server
