#include "daemon_client/p2p/payload.h"

#include <algorithm>

#include "daemon_client/p2p/wire_writer.h"
#include "index/chain/byte_reader.h"

namespace amber::daemon_client {

using index::ByteReader;
using index::Bytes;
using index::ByteView;
using index::Parsed;
using index::ParseError;

namespace {

constexpr std::size_t kAddressBytes = 26;  // services (8), IPv6 address (16), port (2)
constexpr std::size_t kInventoryItemBytes = 36;

ParseError CutOff(const char* what, const ByteReader& reader) {
    return {std::string(what) + " is cut off", reader.Offset()};
}

ParseError Trailing(const char* what, const ByteReader& reader) {
    return {std::to_string(reader.Left()) + " bytes follow " + what, reader.Offset()};
}

ParseError TooMany(const char* what, std::uint64_t count, std::size_t most) {
    return {std::to_string(count) + " " + what + ", more than the " + std::to_string(most) +
                " a message may have",
            0};
}

}  // namespace

Bytes WriteVersion(const VersionPayload& version) {
    Bytes payload;
    WireWriter writer(payload);
    writer.U32(version.protocol);
    writer.U64(version.services);
    writer.U64(static_cast<std::uint64_t>(version.time));
    writer.Zeros(2 * kAddressBytes);
    writer.U64(version.nonce);
    writer.Size(version.user_agent.size());
    writer.Raw(version.user_agent);
    writer.U32(version.start_height);
    writer.Zeros(1);  // relay no transactions
    return payload;
}

Parsed<VersionPayload> ReadVersion(ByteView payload) {
    ByteReader reader(payload);
    VersionPayload version;
    version.protocol = reader.U32();
    if (reader.Ok() && version.protocol < kProtocolVersionMin) return version;
    version.services = reader.U64();
    version.time = static_cast<std::int64_t>(reader.U64());
    reader.Take(2 * kAddressBytes);
    version.nonce = reader.U64();
    const std::uint64_t length = reader.CompactSize();
    if (length > kUserAgentMax)
        return ParseError{"a user agent of " + std::to_string(length) + " bytes", reader.Offset()};
    const ByteView agent = reader.Take(static_cast<std::size_t>(length));
    version.user_agent.assign(agent.begin(), agent.end());
    version.start_height = static_cast<std::uint32_t>(
        std::max<std::int32_t>(0, static_cast<std::int32_t>(reader.U32())));
    if (!reader.Ok()) return CutOff("a version", reader);
    return version;
}

Bytes WriteNonce(std::uint64_t nonce) {
    Bytes payload;
    WireWriter(payload).U64(nonce);
    return payload;
}

Parsed<std::uint64_t> ReadNonce(ByteView payload) {
    ByteReader reader(payload);
    const std::uint64_t nonce = reader.U64();
    if (!reader.Ok()) return CutOff("a nonce", reader);
    if (reader.Left() > 0) return Trailing("a nonce", reader);
    return nonce;
}

Bytes WriteInventory(const std::vector<InventoryItem>& items) {
    Bytes payload;
    WireWriter writer(payload);
    writer.Size(items.size());
    for (const InventoryItem& item : items) {
        writer.U32(item.type);
        writer.Raw(item.hash.View());
    }
    return payload;
}

Parsed<std::vector<InventoryItem>> ReadInventory(ByteView payload) {
    ByteReader reader(payload);
    const std::uint64_t count = reader.CompactSize();
    if (count > kInventoryMax) return TooMany("inventory entries", count, kInventoryMax);
    if (!reader.Ok() || reader.Left() < count * kInventoryItemBytes)
        return CutOff("an inventory", reader);
    std::vector<InventoryItem> items(static_cast<std::size_t>(count));
    for (InventoryItem& item : items) {
        item.type = reader.U32();
        std::ranges::copy(reader.Take(32), item.hash.bytes.begin());
    }
    if (reader.Left() > 0) return Trailing("an inventory", reader);
    return items;
}

Bytes WriteGetHeaders(const std::vector<index::BlockHash>& locator) {
    Bytes payload;
    WireWriter writer(payload);
    writer.U32(kProtocolVersion);
    writer.Size(locator.size());
    for (const index::BlockHash& hash : locator) writer.Raw(hash.View());
    writer.Zeros(32);  // no hash to stop at
    return payload;
}

Parsed<std::vector<Bytes>> ReadHeaders(const index::Codec& codec, ByteView payload) {
    ByteReader reader(payload);
    const std::uint64_t count = reader.CompactSize();
    if (count > kHeadersMax) return TooMany("headers", count, kHeadersMax);
    std::vector<Bytes> headers;
    headers.reserve(static_cast<std::size_t>(count));
    while (reader.Ok() && headers.size() < count) {
        const auto size = codec.HeaderSize(reader.Rest());
        if (!size) return CutOff("a header", reader);
        const ByteView header = reader.Take(*size);
        headers.emplace_back(header.begin(), header.end());
        reader.CompactSize();  // the number of transactions, always 0
    }
    if (!reader.Ok()) return CutOff("a list of headers", reader);
    if (reader.Left() > 0) return Trailing("the headers", reader);
    return headers;
}

}  // namespace amber::daemon_client
