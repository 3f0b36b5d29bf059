#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "daemon_client/p2p/exchange.h"
#include "daemon_client/p2p/peer.h"

namespace amber::daemon_client {

/// What users hold of a connection: takes their requests to the peers' thread. Outlives the
/// connection and the set at will.
/// Bound: `kMailMax` requests that the thread has not seen yet; more are answered
/// Kind::overloaded at once.
/// Thread-safe; no lock is held while a callback runs.
class PeerHandle final : public Peer {
public:
    static constexpr std::size_t kMailMax = 64;

    /// `wake` makes the peers' thread call TakeMail() soon; called with a lock held, never after
    /// Close().
    PeerHandle(const index::Coin& coin, Facts facts, std::function<void()> wake)
        : coin_(coin), facts_(std::move(facts)), wake_(std::move(wake)) {}

    [[nodiscard]] const Facts& GetFacts() const override { return facts_; }
    void GetHeaders(std::vector<index::BlockHash> locator,
                    Callback<std::vector<index::Bytes>> done) override;
    void GetBlocks(std::vector<index::BlockHash> hashes, Callback<Blocks> done) override;
    void Drop(PeerError why) override;

    // For the connection.

    struct Mail {
        std::vector<std::unique_ptr<Exchange>> requests;
        std::optional<PeerError> drop;
    };
    [[nodiscard]] Mail TakeMail();
    /// From now on `error` answers every request at once. Returns those that still lay here.
    [[nodiscard]] std::vector<std::unique_ptr<Exchange>> Close(const PeerError& error);

private:
    void Post(std::unique_ptr<Exchange> request);
    [[nodiscard]] PeerError Overloaded() const;

    const index::Coin& coin_;
    const Facts facts_;

    std::mutex mutex_;  // guards what follows
    std::function<void()> wake_;
    Mail mail_;
    std::optional<PeerError> gone_;
};

}  // namespace amber::daemon_client
