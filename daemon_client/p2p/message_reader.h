#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "daemon_client/p2p/message.h"
#include "daemon_client/p2p/peer_error.h"
#include "index/chain/coin.h"

namespace amber::daemon_client {

/// Cuts the bytes of a peer into messages, without a socket.
///   reader.Received(read(fd, reader.Room()));
///   while (auto message = *reader.Next()) ...
/// Bound: no payload grows beyond what its command may carry (a block: the coin's largest), which
/// is checked in the head, before a byte of it is kept; memory is taken as the bytes arrive.
/// What nobody here reads (Command::other, getdata, getheaders) is passed over, never kept.
/// The bytes of a large payload go from the socket into the payload itself, none twice.
/// The checksum of a block is not looked at: it would cost as much again as the hashes of all its
/// transactions. The hash of its header and its merkle root say more, and whoever takes a block
/// checks them (block_check.h); only a witness that was damaged on the way could so go unnoticed,
/// and nothing in the index depends on one. All other checksums are checked.
/// Not thread-safe. `coin` outlives the reader.
class MessageReader {
public:
    explicit MessageReader(const index::Coin& coin) : coin_(coin), buffer_(kBufferBytes) {}

    /// Where the next bytes go; never empty. Precondition: Next() had no more messages.
    [[nodiscard]] std::span<std::uint8_t> Room();
    /// `count` bytes were written to the start of Room().
    void Received(std::size_t count);

    /// The next message; nothing until more bytes are here. An error (wrong_network, malformed) is
    /// for good: there is no next message. Its text does not name the peer.
    [[nodiscard]] PeerResult<std::optional<Message>> Next();

    /// Whether a message has begun that is not whole yet.
    [[nodiscard]] bool InMessage() const { return head_.has_value() || begin_ < end_; }

private:
    struct Head {
        Command command;
        std::size_t length;
        std::uint32_t checksum;
    };

    static constexpr std::size_t kBufferBytes = std::size_t{64} << 10;
    static constexpr std::size_t kGrowBytes = std::size_t{256} << 10;  ///< of a payload, at a time

    std::optional<PeerError> ReadHead();
    [[nodiscard]] PeerError WrongMagic(std::string_view command) const;
    [[nodiscard]] std::size_t PayloadMax(Command command) const;
    /// From the buffer to the payload, or away. True once the payload is whole.
    bool TakePayload();

    const index::Coin& coin_;
    index::Bytes buffer_;
    std::size_t begin_ = 0, end_ = 0;  ///< of the buffer: not looked at yet
    std::optional<Head> head_;         ///< of the message that is being received
    index::Bytes payload_;             ///< may be longer than what has been received of it
    std::size_t got_ = 0;              ///< of the payload, kept or passed over
    bool any_head_ = false;
    std::optional<PeerError> error_;
};

}  // namespace amber::daemon_client
