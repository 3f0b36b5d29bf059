#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "daemon_client/p2p/peer_machine.h"

namespace amber::daemon_client {

/// A PeerMachine whose clock and wire belong to a test: does with its output what a link would.
class DrivenMachine {
public:
    explicit DrivenMachine(PeerMachine::Limits limits = {});

    void Connect();
    void Receive(Command command, const index::Bytes& payload = {});
    /// The clock goes on; OnTime() is called at every deadline on the way. Throws std::logic_error
    /// if a deadline does not move.
    void Advance(std::chrono::milliseconds delay);
    void Fail(PeerError why);
    /// Version and verack both ways.
    void ShakeHands(std::uint64_t services = kNodeNetwork | kNodeWitness);

    /// A request and what came of it.
    struct Asked {
        std::size_t answers = 0;
        std::optional<PeerError> error;
        std::vector<index::Bytes> got;
        std::vector<index::BlockHash> missing;
        PeerMachine::Time asked, answered;
    };
    std::shared_ptr<Asked> AskHeaders(std::vector<index::BlockHash> locator);
    std::shared_ptr<Asked> AskBlocks(const std::vector<index::BlockHash>& hashes);

    [[nodiscard]] const PeerMachine& Machine() const { return machine_; }
    [[nodiscard]] PeerMachine::Time Now() const { return now_; }
    [[nodiscard]] std::uint64_t OurNonce() const { return our_nonce_; }
    /// What was sent since the last call.
    std::vector<Message> TakeSent() { return std::exchange(sent_, {}); }
    std::vector<index::BlockHash> announced;
    std::optional<std::chrono::microseconds> round_trip;
    int times_ready = 0;

private:
    template <class Result>
    void Answered(Asked& asked, const Result& result);
    void Collect();

    PeerMachine::Time now_{std::chrono::hours(1)};
    NonceSet nonces_{10};
    PeerMachine machine_;
    std::uint64_t our_nonce_ = 0;
    std::vector<Message> sent_;
};

/// A version message that is accepted.
VersionPayload GoodVersion();

}  // namespace amber::daemon_client
