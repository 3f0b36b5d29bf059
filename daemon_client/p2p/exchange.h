#pragma once
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon_client/p2p/message.h"
#include "daemon_client/p2p/peer.h"
#include "index/chain/coin.h"

namespace amber::daemon_client {

/// One request and what gathers its answer out of one or many messages.
/// Its callback runs exactly once: by Deliver(), or else, with Kind::stopped, when it is destroyed.
/// Not thread-safe.
class Exchange {
public:
    virtual ~Exchange() = default;

    /// The message that asks a peer with these services; nothing if nothing was asked for.
    [[nodiscard]] virtual std::optional<Message> Ask(std::uint64_t services) = 0;

    enum class Use {
        none,      ///< not for this request: the message is as it was
        progress,  ///< part of the answer
        complete,  ///< nothing is awaited any more
        empty,     ///< likewise, and the peer has nothing of what was asked for
    };
    virtual Use OfferHeaders(std::vector<index::Bytes>&) { return Use::none; }
    virtual Use OfferBlock(const index::BlockHash&, index::Bytes&) { return Use::none; }
    virtual Use OfferNotFound(const index::BlockHash&) { return Use::none; }

    /// What it means if no answer comes in time, where something came that tells.
    [[nodiscard]] virtual std::optional<PeerError> WhyNoAnswer() const { return std::nullopt; }

    /// The answer will be this error. No effect if there is one already.
    virtual void Fail(const PeerError& error) = 0;
    [[nodiscard]] virtual bool Failed() const = 0;
    /// Runs the callback with what was gathered, or the error. Only the first call does.
    virtual void Deliver() = 0;
};

/// Preconditions: at most kLocatorMax and kInventoryMax hashes.
std::unique_ptr<Exchange> MakeHeadersExchange(const index::Coin& coin,
                                              std::vector<index::BlockHash> locator,
                                              Peer::Callback<std::vector<index::Bytes>> done);
std::unique_ptr<Exchange> MakeBlocksExchange(const std::vector<index::BlockHash>& hashes,
                                             Peer::Callback<Peer::Blocks> done);

}  // namespace amber::daemon_client
