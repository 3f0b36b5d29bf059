#pragma once
#include <memory>
#include <vector>

#include "server/peers/chain_view.h"
#include "server/peers/peer_directory.h"
#include "server/peers/peer_options.h"

namespace amber::server {

/// Finds other public servers, looks at them again and again, and tells wallets and peers of those
/// that are good (protocol.md 12). Owns the thread "peers", on which all of it happens; a
/// PeerDirectory meanwhile answers everybody else from what was seen last. Bounds: those of
/// PeerBook, PeerVisit and PeerOffers; kNewPerVisit peers of another's list; and kOffersMax offers
/// that the thread has not seen yet.
class PeerFinder final : public PeerDirectory {
public:
    static constexpr std::size_t kNewPerVisit = 2;
    static constexpr std::size_t kOffersMax = 100;

    /// Reads the book of before; dials nobody yet. Throws std::runtime_error if TLS cannot be set
    /// up. `coin` outlives it.
    PeerFinder(PeerOptions options, const index::Coin& coin);
    ~PeerFinder();  ///< as Stop()

    /// Call it when `newest` has a view: peers are held against it. Once.
    void Start(ChainView::Newest newest);
    /// Breaks off all visits and saves the book. Takes as long as a look-up of a name that is under
    /// way. Idempotent.
    void Stop();

    [[nodiscard]] std::shared_ptr<const Snapshot> Current() const override;
    void Offer(PeerFeatures features, std::optional<boost::asio::ip::address> caller,
               Reply reply) override;

    /// On the operator's word: is looked at now. Returns why not, if it will not be.
    std::optional<std::string> Add(const PeerHost& host);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace amber::server
