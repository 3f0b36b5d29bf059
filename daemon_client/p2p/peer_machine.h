#pragma once
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon_client/p2p/exchange.h"
#include "daemon_client/p2p/message.h"
#include "daemon_client/p2p/nonce_set.h"
#include "daemon_client/p2p/payload.h"
#include "daemon_client/p2p/peer.h"
#include "index/chain/coin.h"

namespace amber::daemon_client {

/// What the protocol wants of one connection, without a socket and without a clock: the owner tells
/// what happened, with the time, then does what TakeOutput() says, and comes again at Deadline().
///
///   connecting, handshake: version out, version in, verack out, verack in; one time limit for all
///   ready:                 one request at a time, the others wait; pings beside them
///   ended:                 the first error is that of everything, for ever
///
/// Invariants: each exchange that was submitted comes out of TakeOutput() exactly once; once
/// Error() is set it does not change, nothing is sent and nothing waits.
///
/// What a peer sends unasked never ends the connection, unless it is malformed or a second version
/// or verack: announcements are told, pings answered, all else is ignored. So are answers that come
/// after their request timed out, and pongs that answer no ping of ours.
/// A request that times out fails alone. A ping that is not answered within a heartbeat ends the
/// connection; what the peer sends of an answer meanwhile counts as a sign of life.
/// New blocks are heard of by inv: we do not send sendheaders (BIP130), as a header announced is
/// not to be told from an answer to getheaders.
/// Bound: `kQueueMax` requests wait; more are answered Kind::overloaded.
/// Not thread-safe. `coin` and `nonces` outlive the machine.
class PeerMachine {
public:
    using Time = std::chrono::steady_clock::time_point;

    static constexpr std::size_t kQueueMax = 64;

    struct Limits {
        std::chrono::milliseconds handshake{3000};  ///< from construction to verack
        std::chrono::milliseconds request{20000};   ///< between parts of an answer
        std::chrono::milliseconds heartbeat{59000};
    };

    PeerMachine(const index::Coin& coin, std::uint64_t id, std::string label, Limits limits,
                NonceSet& nonces, Time now);

    // What happened. Everything but Submit() is ignored once Error() is set.
    void OnConnected(std::int64_t unix_seconds);
    void OnMessage(Message message, Time now);
    void OnTime(Time now);
    /// It is asked when its turn comes.
    void Submit(std::unique_ptr<Exchange> exchange, Time now);
    /// The connection is lost, dropped, or what came over it is no message. `why` gets the peer's
    /// name in front.
    void Fail(PeerError why);

    struct Output {
        std::vector<Message> send;                        ///< in this order
        std::vector<std::unique_ptr<Exchange>> answered;  ///< to be delivered, in this order
        std::vector<index::BlockHash> announced;
        bool became_ready = false;  ///< before anything else here happened
        std::optional<std::chrono::microseconds> round_trip;
    };
    /// What there is to do since the last call.
    [[nodiscard]] Output TakeOutput() { return std::exchange(output_, {}); }

    /// When OnTime() is due; Time::max() once ended.
    [[nodiscard]] Time Deadline() const;
    [[nodiscard]] bool Ready() const { return state_ == State::ready; }
    [[nodiscard]] const std::optional<PeerError>& Error() const { return error_; }
    /// Complete once ready.
    [[nodiscard]] const Peer::Facts& GetFacts() const { return facts_; }

private:
    enum class State { connecting, awaiting_version, awaiting_verack, ready, ended };

    void OnVersion(index::ByteView payload);
    [[nodiscard]] std::optional<PeerError> WhyUnsuitable(const VersionPayload& version) const;
    void OnVerack(Time now);
    void OnPong(index::ByteView payload, Time now);
    void OnHeaders(index::ByteView payload, Time now);
    void OnBlock(index::Bytes payload, Time now);
    void OnInventory(index::ByteView payload);
    void OnNotFound(index::ByteView payload, Time now);

    void AskNext(Time now);
    void Took(Exchange::Use use, Time now);
    void Finish();
    void SendPing(Time now);
    void Send(Message message) { output_.send.push_back(std::move(message)); }
    void Malformed(const std::string& what);
    [[nodiscard]] PeerError Named(PeerError error) const;

    const index::Coin& coin_;
    const Limits limits_;
    NonceSet& nonces_;
    const std::uint64_t nonce_;  ///< of our version message
    const Time handshake_deadline_;

    State state_ = State::connecting;
    std::optional<PeerError> error_;
    Peer::Facts facts_;

    std::unique_ptr<Exchange> active_;
    Time active_deadline_;
    std::deque<std::unique_ptr<Exchange>> queue_;

    std::uint64_t ping_nonce_ = 0;  ///< of the last ping
    bool ping_out_ = false;         ///< it is not answered
    Time ping_sent_;
    Time ping_due_;  ///< the next one, or the answer to the last

    Output output_;
};

}  // namespace amber::daemon_client
