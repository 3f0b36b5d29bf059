#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "index/chain/bytes.h"
#include "index/chain/coin.h"

namespace amber::daemon_client {

// A message of Bitcoin's peer-to-peer protocol:
//   magic (4) | command (12, ASCII, zeros to the end) | payload length (4, LE) | checksum (4) |
//   payload
// The checksum is the first 4 bytes of the payload's double SHA-256.
// Source: Bitcoin Core, src/protocol.h (CMessageHeader).

constexpr std::size_t kMessageHeadBytes = 24;
constexpr std::size_t kCommandBytes = 12;

/// The commands that we read or write.
enum class Command {
    version,
    verack,
    ping,  // BIP31
    pong,
    inv,
    getdata,
    notfound,
    getheaders,
    headers,
    block,
    other,  ///< whatever else a peer says: skipped
};
constexpr std::size_t kCommands = static_cast<std::size_t>(Command::other) + 1;

/// As on the wire; "other" for what has no name here.
std::string_view CommandName(Command command);
/// Command::other if unknown.
Command FindCommand(std::string_view name);

/// A message that was received whole.
struct Message {
    Command command = Command::other;
    index::Bytes payload;  ///< empty for Command::other
};

/// Head, checksum and payload, ready to be sent. Precondition: not Command::other.
index::Bytes WriteMessage(const index::Coin& coin, Command command, index::ByteView payload);

/// The checksum as it stands in the head.
std::uint32_t MessageChecksum(index::ByteView payload);

}  // namespace amber::daemon_client
