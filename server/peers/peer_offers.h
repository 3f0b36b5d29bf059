#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <random>

#include "server/peers/add_peer_gate.h"
#include "server/peers/peer_host.h"

namespace amber::server {

/// Decides whether a stranger may tell of a host: a name must lead to where he comes from, an
/// address must be his; of an onion, whose owner cannot be told, he must at least come through a
/// proxy of ours. And not too often (AddPeerGate); what is refused does not count, so that nobody
/// uses up the turn of another. Thread: that of the context. Bound: kLookupsMax names are looked up
/// at a time; further ones are refused.
class PeerOffers {
public:
    struct Rules {
        bool onions = false;  ///< can be reached
        bool lookups = true;  ///< names may be looked up
    };
    static constexpr std::size_t kLookupsMax = 16;

    PeerOffers(boost::asio::io_context& context, Rules rules, std::mt19937& random)
        : context_(context), rules_(rules), gate_(random) {}

    using Done = std::function<void(bool accepted)>;
    void Decide(const std::string& name, const boost::asio::ip::address& caller, Done done);
    /// No answer comes any more.
    void Stop();

private:
    using Resolver = boost::asio::ip::tcp::resolver;

    void LookUp(const std::string& name, const boost::asio::ip::address& caller, Done done);
    bool Pass(const std::string& name);

    boost::asio::io_context& context_;
    const Rules rules_;
    AddPeerGate gate_;
    std::size_t lookups_ = 0;
    bool stopped_ = false;
};

}  // namespace amber::server
