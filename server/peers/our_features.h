#pragma once
#include <string>
#include <vector>

#include "index/chain/hash.h"
#include "server/peers/peer_host.h"
#include "server/server_options.h"

namespace amber::server {

/// The JSON of server.features (protocol.md 5.22). Hosts that stand in `hosts` twice are one, with
/// the ports of both. `hash_function` is gone from protocol 1.7, and other servers ask for it.
std::string FeaturesText(const std::vector<PublicHost>& hosts, const index::BlockHash& genesis,
                         const std::string& software, bool hash_function);

/// Those of our hosts that peers can ask in lines, under names that peers take.
std::vector<PeerHost> PeerHostsOf(const std::vector<PublicHost>& hosts);
/// Without those at addresses that are not public.
std::vector<PeerHost> PublicPeerHostsOf(const std::vector<PublicHost>& hosts);

}  // namespace amber::server
