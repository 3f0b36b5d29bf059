#pragma once
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "index/chain/coin.h"
#include "server/peers/peer_book.h"
#include "server/peers/peer_row.h"
#include "server/server_options.h"

namespace amber::server {

/// What the operator wants of peers.
struct PeerOptions {
    enum class Mode {
        self,  ///< wallets are told of us alone; nobody is looked for
        on,    ///< peers are found, looked at and told of
    };
    Mode mode = Mode::on;
    bool announce = true;                  ///< tell peers of ourselves, if we are public
    std::string software;                  ///< ours
    std::vector<PublicHost> public_hosts;  ///< ours
    std::vector<PeerHost> seeds;           ///< known from the start
    /// Onions are reached through this SOCKS5 proxy; without, they are left alone.
    struct Proxy {
        std::string host;
        std::uint16_t port = 0;
    };
    std::optional<Proxy> proxy;
    bool proxy_for_all = false;  ///< others, too; and no name is looked up by ourselves
    /// Where we listen: connections come from there if they can, so that peers see our address.
    std::vector<boost::asio::ip::address> local_addresses;
    std::filesystem::path file;  ///< of the book
    bool private_too = false;    ///< also addresses that are not public, as on regtest

    PeerTimes times;
    std::chrono::seconds visit_limit{30};  ///< one connection, from dialling to the verdict
    std::chrono::seconds visit_limit_of_proxy{120};  ///< the same through the proxy
    std::size_t visits_max = 8;                      ///< at a time; others wait for their turn
};

}  // namespace amber::server
