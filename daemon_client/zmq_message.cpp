#include "daemon_client/zmq_message.h"

#include <algorithm>
#include <cstring>

namespace amber::daemon_client {

namespace {

constexpr std::size_t kHashSize = 32;

/// Hashes are published in the order in which they are printed.
template <class Hash>
Hash FromDisplayBytes(std::string_view body) {
    Hash hash;
    std::memcpy(hash.bytes.data(), body.data(), kHashSize);
    std::reverse(hash.bytes.begin(), hash.bytes.end());
    return hash;
}

std::uint32_t ReadLittleEndian(std::string_view four) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value |= std::uint32_t{static_cast<std::uint8_t>(four[i])} << (8 * i);
    return value;
}

bool IsLoopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

std::optional<ZmqMessage> ReadZmqMessage(std::span<const std::string_view> frames) {
    if (frames.size() != 3 || frames[2].size() != 4) return std::nullopt;
    const std::string_view topic = frames[0], body = frames[1];
    ZmqMessage message;
    message.number = ReadLittleEndian(frames[2]);
    if (topic == "hashblock") {
        if (body.size() != kHashSize) return std::nullopt;
        message.block = FromDisplayBytes<index::BlockHash>(body);
        return message;
    }
    if (topic != "sequence" || body.size() < kHashSize + 1) return std::nullopt;
    message.from_sequence = true;
    switch (body[kHashSize]) {
        case 'C':
            message.kind = ZmqMessage::Kind::block_connected;
            break;
        case 'D':
            message.kind = ZmqMessage::Kind::block_disconnected;
            break;
        case 'A':
            message.kind = ZmqMessage::Kind::tx_added;
            break;
        case 'R':
            message.kind = ZmqMessage::Kind::tx_removed;
            break;
        default:
            return std::nullopt;
    }
    message.block = FromDisplayBytes<index::BlockHash>(body);
    message.txid = FromDisplayBytes<index::Txid>(body);
    return message;
}

std::optional<std::string> ReachableEndpoint(const std::string& address,
                                             const std::string& daemon_host) {
    if (!address.starts_with("tcp://"))
        return IsLoopback(daemon_host) ? std::optional(address) : std::nullopt;
    const std::size_t colon = address.rfind(':');
    if (colon < 6) return std::nullopt;
    std::string host = address.substr(6, colon - 6);
    if (host.size() >= 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    if (host == "0.0.0.0" || host == "::" || host == "*") {
        const bool is_v6 = daemon_host.find(':') != std::string::npos;
        return "tcp://" + (is_v6 ? "[" + daemon_host + "]" : daemon_host) + address.substr(colon);
    }
    if (IsLoopback(host) && !IsLoopback(daemon_host)) return std::nullopt;
    return address;
}

}  // namespace amber::daemon_client
