#pragma once
#include <random>
#include <string>
#include <vector>

#include "server/peers/peer_book.h"
#include "server/peers/peer_row.h"

namespace amber::server {

/// Answers to server.peers.subscribe, ready as JSON.
struct PeerListing {
    std::string usual = "[]";
    std::string through_tor = "[]";  ///< for callers that come through Tor: more onions
};

/// At most kPerNetwork peers of each IPv4 /16, IPv6 /56 or (where the address is not known) domain,
/// so that whoever has many addresses side by side gains little; in random order. Of onions at most
/// kOnionsOfTor through Tor, else the larger of kOnions and a quarter of the others' number.
/// `ours` come first. Prefers nobody: which of a network's peers are listed is drawn each time.
PeerListing MakeListing(const std::vector<PeerHost>& ours, std::vector<const PeerEntry*> good,
                        std::mt19937& random);

}  // namespace amber::server
