#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "server/peers/peer_host.h"
#include "server/protocol/json_document.h"
#include "server/protocol/version.h"

namespace amber::server {

/// The ports meant by a letter without a number.
struct UsualPorts {
    std::uint16_t tcp = 0, ssl = 0;
};

/// One row of an answer to server.peers.subscribe, [ip, host, ["v1.6", "s50002", "t50001", ...]]
/// (protocol.md 5.23). Nothing for one that is malformed, or names no port for lines: what a list
/// of strangers holds besides is ignored.
std::optional<PeerHost> ReadPeerRow(const JsonDocument& document, const JsonValue& row,
                                    UsualPorts usual);

/// Such a row, with all numbers.
std::string PeerRow(const std::string& address, const PeerHost& host, ProtocolVersion version);

}  // namespace amber::server
