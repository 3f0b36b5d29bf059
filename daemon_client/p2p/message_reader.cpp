#include "daemon_client/p2p/message_reader.h"

#include <algorithm>
#include <cstring>

#include "daemon_client/p2p/payload.h"
#include "index/chain/byte_reader.h"

namespace amber::daemon_client {
namespace {

/// version, verack, ping, pong: with room for what later versions may add.
constexpr std::size_t kSmallPayloadMax = 1024;
constexpr std::size_t kInventoryPayloadMax = 9 + 36 * kInventoryMax;
/// Bitcoin Core's MAX_PROTOCOL_MESSAGE_LENGTH, for commands that are none of ours.
constexpr std::size_t kOtherPayloadMax = 4'000'000;

bool IsKept(Command command) {
    return command != Command::other && command != Command::getdata &&
           command != Command::getheaders;
}

/// Up to the first zero.
std::string_view NameIn(index::ByteView field) {
    const std::string_view text(reinterpret_cast<const char*>(field.data()), field.size());
    return text.substr(0, text.find('\0'));
}

bool LooksLikeCommand(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

std::span<std::uint8_t> MessageReader::Room() {
    if (head_ && IsKept(head_->command)) {
        if (payload_.size() == got_) payload_.resize(std::min(head_->length, got_ + kGrowBytes));
        return std::span(payload_).subspan(got_);
    }
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    return std::span(buffer_).subspan(end_);
}

void MessageReader::Received(std::size_t count) {
    if (head_ && IsKept(head_->command))
        got_ += count;
    else
        end_ += count;
}

PeerResult<std::optional<Message>> MessageReader::Next() {
    if (error_) return *error_;
    if (!head_) {
        if (end_ - begin_ < kMessageHeadBytes) return std::optional<Message>();
        error_ = ReadHead();
        if (error_) return *error_;
    }
    if (!TakePayload()) return std::optional<Message>();
    Message message{head_->command, std::move(payload_)};
    const bool checked = IsKept(message.command) && message.command != Command::block;
    if (checked && MessageChecksum(message.payload) != head_->checksum) {
        error_ =
            PeerError{PeerError::Kind::malformed, "a " + std::string(CommandName(message.command)) +
                                                      " message with a wrong checksum"};
        return *error_;
    }
    payload_.clear();
    head_.reset();
    return std::optional<Message>(std::move(message));
}

std::optional<PeerError> MessageReader::ReadHead() {
    index::ByteReader reader(index::ByteView(buffer_).subspan(begin_, kMessageHeadBytes));
    const index::ByteView magic = reader.Take(sizeof coin_.magic);
    const std::string_view name = NameIn(reader.Take(kCommandBytes));
    if (!std::ranges::equal(magic, coin_.magic)) return WrongMagic(name);
    any_head_ = true;
    const Head head{FindCommand(name), reader.U32(), reader.U32()};
    if (head.length > PayloadMax(head.command)) {
        return PeerError{PeerError::Kind::malformed, "a " + std::string(CommandName(head.command)) +
                                                         " message of " +
                                                         std::to_string(head.length) + " bytes"};
    }
    begin_ += kMessageHeadBytes;
    got_ = 0;
    head_ = head;
    if (IsKept(head.command)) payload_.reserve(head.length);
    return std::nullopt;
}

PeerError MessageReader::WrongMagic(std::string_view command) const {
    if (any_head_ || !LooksLikeCommand(command))
        return {PeerError::Kind::malformed, "what it sent is no message"};
    std::string network = "another network";
    for (const index::Coin& coin : index::Coins()) {
        if (std::memcmp(coin.magic, buffer_.data() + begin_, sizeof coin.magic) == 0)
            network = std::string(coin.name) + " " + std::string(coin.network);
    }
    return {PeerError::Kind::wrong_network, "it is a node of " + network + ", not of " +
                                                std::string(coin_.name) + " " +
                                                std::string(coin_.network)};
}

std::size_t MessageReader::PayloadMax(Command command) const {
    switch (command) {  // no default: a new command must choose its bound
        case Command::version:
        case Command::verack:
        case Command::ping:
        case Command::pong:
            return kSmallPayloadMax;
        case Command::inv:
        case Command::notfound:
            return kInventoryPayloadMax;
        case Command::headers:
        case Command::block:
            return coin_.codec->BlockBytesMax();
        case Command::getdata:
        case Command::getheaders:
        case Command::other:
            return std::max(kOtherPayloadMax, coin_.codec->BlockBytesMax());
    }
    std::abort();
}

bool MessageReader::TakePayload() {
    // Of a payload that is kept, only the start is ever in the buffer.
    const std::size_t count = std::min(end_ - begin_, head_->length - got_);
    if (IsKept(head_->command)) {
        payload_.insert(payload_.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                        buffer_.begin() + static_cast<std::ptrdiff_t>(begin_ + count));
    }
    begin_ += count;
    got_ += count;
    return got_ == head_->length;
}

}  // namespace amber::daemon_client
