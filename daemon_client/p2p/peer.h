#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon_client/p2p/peer_error.h"
#include "index/chain/bytes.h"
#include "index/chain/hash.h"

namespace amber::daemon_client {

/// A node reached by the peer-to-peer protocol, after the handshake.
/// All calls return at once and are thread-safe. `done` runs exactly once, whatever ends the
/// connection: on the peers' thread, or at once on the caller's if the peer is gone or overloaded.
/// Requests are sent one after the other. After the first error that ends the connection, every
/// request gets that error.
class Peer {
public:
    virtual ~Peer() = default;

    struct Facts {
        std::uint64_t id = 0;  ///< never used twice in a process
        std::string label;     ///< host:port
        std::string user_agent;
        std::uint32_t protocol_version = 0;
        std::uint64_t services = 0;
        std::uint32_t start_height = 0;  ///< of its chain, as it said in the handshake
    };
    [[nodiscard]] virtual const Facts& GetFacts() const = 0;

    template <class T>
    using Callback = std::function<void(PeerResult<T>)>;

    /// getheaders: what follows the first hash of `locator` that is on its chain; at most 2,000
    /// headers, none if it has no more. The first is a child of one of `locator` or of the genesis
    /// block; but for that, only their framing is checked. At most 101 hashes, else
    /// Kind::overloaded.
    virtual void GetHeaders(std::vector<index::BlockHash> locator,
                            Callback<std::vector<index::Bytes>> done) = 0;

    struct Blocks {
        std::vector<index::Bytes> raw;  ///< as they came; each has a hash that was asked for
        std::vector<index::BlockHash> missing;
    };
    /// getdata, with witnesses where the peer serves them. Kind::missing if it has none of them.
    /// The time limit begins anew with each of the blocks that arrives. At most 50,000 hashes, else
    /// Kind::overloaded; one that is named twice counts once.
    virtual void GetBlocks(std::vector<index::BlockHash> hashes, Callback<Blocks> done) = 0;

    /// Ends the connection: it misbehaved. Pending requests get the error.
    virtual void Drop(PeerError why) = 0;
};

/// Called on the peers' thread; must return at once.
struct PeerEvents {
    std::function<void(std::shared_ptr<Peer>)> on_ready;
    std::function<void(std::uint64_t id, const PeerError&)> on_gone;  ///< was ready before
    /// It announced blocks that it has now (inv or headers): their hashes.
    std::function<void(std::uint64_t id, const std::vector<index::BlockHash>&)> on_blocks;
};

}  // namespace amber::daemon_client
