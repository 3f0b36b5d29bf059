#pragma once
#include <optional>
#include <string>
#include <vector>

#include "index/chain/hash.h"
#include "server/peers/peer_host.h"
#include "server/protocol/json_document.h"
#include "server/protocol/version.h"

namespace amber::server {

/// What a server says of itself in server.features, as far as peers need it. From a stranger, but
/// checked and bounded.
struct PeerFeatures {
    index::BlockHash genesis;
    /// In the order given; those that can be no peer of anybody (bad names, no port for lines) are
    /// left out.
    std::vector<PeerHost> hosts;
    ProtocolVersion protocol_min, protocol_max;
    std::string software;  ///< printable, at most kSoftwareMax bytes

    static constexpr std::size_t kHostsMax = 4;
    static constexpr std::size_t kSoftwareMax = 80;

    /// Null if it is not there.
    [[nodiscard]] const PeerHost* Find(std::string_view name) const;
};

/// Reads the object of protocol.md 5.22. Returns what is wrong with it: not an object, a field of
/// the wrong kind, too many hosts, a pruned server, or one with no version of the protocol in
/// common with us.
std::optional<std::string> ReadFeatures(const JsonDocument& document, const JsonValue& value,
                                        PeerFeatures& features);

/// Text of a stranger, fit for logs and terminals: what is not printable ASCII becomes '?'.
std::string Printable(std::string_view text, std::size_t size_max);

}  // namespace amber::server
