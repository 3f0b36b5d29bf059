#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "daemon_client/p2p/message_reader.h"
#include "daemon_client/p2p/peer_address.h"
#include "daemon_client/p2p/peer_handle.h"
#include "daemon_client/p2p/peer_machine.h"
#include "daemon_client/p2p/peer_tally.h"

namespace boost::asio {
class io_context;
}

namespace amber::daemon_client {

/// One connection, from its making to its end: carries out on a socket what PeerMachine wants.
/// Bound: `kUnsentMax` bytes wait to be sent; a peer that reads so little is dropped.
/// An exception, of foreign code too, ends the connection with an error, never the thread.
/// Thread: all calls on the one that runs `io`. Kept alive by what it waits for until it has ended.
class PeerLink : public std::enable_shared_from_this<PeerLink> {
public:
    /// on_end comes last, exactly once, after all requests were answered.
    struct Events {
        std::function<void(std::shared_ptr<Peer>)> on_ready;
        std::function<void(const std::vector<index::BlockHash>&)> on_blocks;
        std::function<void(const PeerError&)> on_end;
    };
    static constexpr std::size_t kUnsentMax = std::size_t{4} << 20;

    /// `coin`, `nonces` and `tally` outlive the link.
    PeerLink(boost::asio::io_context& io, const index::Coin& coin, PeerAddress address,
             std::uint64_t id, PeerMachine::Limits limits, NonceSet& nonces, PeerTally& tally,
             Events events);

    void Start();
    /// No effect if it has ended already.
    void End(PeerError why);
    [[nodiscard]] bool Ready() const { return handle_ != nullptr; }
    [[nodiscard]] bool HeardAnything() const { return heard_; }

private:
    using tcp = boost::asio::ip::tcp;
    using Clock = std::chrono::steady_clock;

    /// To the first of them that takes it.
    void Connect(const std::vector<tcp::endpoint>& endpoints);
    void OnConnected();
    void Read();
    void OnRead(const boost::system::error_code& error, std::size_t count);
    [[nodiscard]] std::string HowItClosed(const boost::system::error_code& error) const;

    /// Runs an event, then does what the machine wants.
    template <class Event>
    void Handle(Event event);
    template <class Call>
    void Foreign(Call call);
    void CarryOut();
    void BecomeReady();
    void TakeMail();
    void Queue(const std::vector<Message>& messages);
    void Write();
    void Arm();
    void Deliver(const std::vector<std::unique_ptr<Exchange>>& answered);
    void Finish(std::vector<std::unique_ptr<Exchange>> answered);

    const index::Coin& coin_;
    const PeerAddress address_;
    PeerTally& tally_;
    const Events events_;

    tcp::socket socket_;
    tcp::resolver resolver_;
    boost::asio::steady_timer timer_;
    PeerMachine::Time armed_ = PeerMachine::Time::max();  ///< when the timer will fire

    MessageReader reader_;
    PeerMachine machine_;
    std::shared_ptr<PeerHandle> handle_;  ///< once ready
    index::Bytes unsent_;
    index::Bytes sending_;  ///< not empty while a write is under way
    bool ended_ = false;
    bool heard_ = false;  ///< a byte came
};

}  // namespace amber::daemon_client
