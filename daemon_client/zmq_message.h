#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "index/chain/hash.h"

// What a node publishes by ZMQ, and where (Bitcoin Core's doc/zmq.md); no sockets.
namespace amber::daemon_client {

struct ZmqMessage {
    enum class Kind {
        block_connected,     ///< `block` is the new tip (hashblock, or C of sequence)
        block_disconnected,  ///< `block` was the tip (D)
        tx_added,            ///< A
        tx_removed,          ///< R
    };
    Kind kind = Kind::block_connected;
    index::BlockHash block;
    index::Txid txid;
    bool from_sequence = false;  ///< which of the two topics it came by
    std::uint32_t number = 0;    ///< counts the messages of the topic, wraps
};

/// Reads the three frames topic, body, number. Nothing for other topics and malformed frames.
std::optional<ZmqMessage> ReadZmqMessage(std::span<const std::string_view> frames);

/// Where to connect to for what a node at `daemon_host` says it publishes at `address`: any-address
/// becomes the host. Nothing if it publishes on its own loopback and is not on this machine.
std::optional<std::string> ReachableEndpoint(const std::string& address,
                                             const std::string& daemon_host);

}  // namespace amber::daemon_client
