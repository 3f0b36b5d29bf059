#include "daemon_client/p2p/message.h"

#include <array>
#include <cstring>

#include "daemon_client/p2p/wire_writer.h"
#include "index/chain/hash.h"
#include "index/chain/sha256.h"

namespace amber::daemon_client {
namespace {

constexpr std::array<std::string_view, kCommands> kNames = {
    "version",  "verack",     "ping",    "pong",  "inv",  "getdata",
    "notfound", "getheaders", "headers", "block", "other"};

}  // namespace

std::string_view CommandName(Command command) { return kNames[static_cast<std::size_t>(command)]; }

Command FindCommand(std::string_view name) {
    std::size_t i = 0;
    while (i + 1 < kNames.size() && kNames[i] != name) ++i;
    return static_cast<Command>(i);
}

index::Bytes WriteMessage(const index::Coin& coin, Command command, index::ByteView payload) {
    index::Bytes message;
    message.reserve(kMessageHeadBytes + payload.size());
    WireWriter writer(message);
    const std::string_view name = CommandName(command);
    writer.Raw(index::ByteView(coin.magic));
    writer.Raw(name);
    writer.Zeros(kCommandBytes - name.size());
    writer.U32(static_cast<std::uint32_t>(payload.size()));
    writer.U32(MessageChecksum(payload));
    writer.Raw(payload);
    return message;
}

std::uint32_t MessageChecksum(index::ByteView payload) {
    std::uint8_t digest[32];
    index::Sha256Twice(payload, digest);
    std::uint32_t checksum;
    std::memcpy(&checksum, digest, sizeof checksum);
    return checksum;
}

}  // namespace amber::daemon_client
