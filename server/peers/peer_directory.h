#pragma once
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/peers/features.h"
#include "server/peers/peer_book.h"
#include "server/peers/peer_listing.h"

namespace amber::server {

/// The peers as wallets and the operator see them. Thread-safe; no call waits.
class PeerDirectory {
public:
    /// How things stand. Immutable.
    struct Snapshot {
        PeerListing listing;
        struct Row {
            PeerEntry entry;
            PeerStatus status = PeerStatus::never;
        };
        std::vector<Row> rows;  ///< by name
    };

    [[nodiscard]] virtual std::shared_ptr<const Snapshot> Current() const = 0;

    using Reply = std::function<void(bool accepted)>;
    /// A stranger at `caller` asks to be looked at (server.add_peer): accepted if it seems to speak
    /// for itself (add_peer_gate.h, peer_offers.h). `reply` is called once, from any thread. When
    /// too many wait already it is refused at once.
    virtual void Offer(PeerFeatures features, std::optional<boost::asio::ip::address> caller,
                       Reply reply) = 0;

protected:
    ~PeerDirectory() = default;
};

}  // namespace amber::server
