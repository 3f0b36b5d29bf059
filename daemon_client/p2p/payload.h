#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "index/chain/bytes.h"
#include "index/chain/coin.h"
#include "index/chain/hash.h"
#include "index/chain/parse_error.h"

namespace amber::daemon_client {

// What the messages carry. Readers take untrusted bytes: each length is checked before it is used,
// trailing bytes are refused but where a later version may have added some.
// Source: Bitcoin Core, src/protocol.h, src/net_processing.cpp; BIPs as named.

constexpr std::uint32_t kProtocolVersion = 70016;     ///< what we speak
constexpr std::uint32_t kProtocolVersionMin = 70012;  ///< Bitcoin Core 0.12, of 2016

constexpr std::uint64_t kNodeNetwork = 1;       ///< serves the whole chain
constexpr std::uint64_t kNodeWitness = 1 << 3;  ///< BIP144

constexpr std::size_t kHeadersMax = 2000;     ///< in one headers message
constexpr std::size_t kInventoryMax = 50000;  ///< entries of inv, getdata, notfound
constexpr std::size_t kLocatorMax = 101;      ///< a node hangs up on more
constexpr std::size_t kUserAgentMax = 256;

struct VersionPayload {
    std::uint32_t protocol = 0;
    std::uint64_t services = 0;
    std::int64_t time = 0;  ///< Unix seconds
    std::uint64_t nonce = 0;
    std::string user_agent;          ///< BIP14; of a peer: whatever bytes it likes
    std::uint32_t start_height = 0;  ///< 0 where the peer said a negative one
};
/// Asks for no transactions (BIP37's relay flag is off); our addresses are left out.
index::Bytes WriteVersion(const VersionPayload& version);
/// Reads no more than `protocol` of a peer whose version is below kProtocolVersionMin.
index::Parsed<VersionPayload> ReadVersion(index::ByteView payload);

/// Of ping and pong (BIP31).
index::Bytes WriteNonce(std::uint64_t nonce);
index::Parsed<std::uint64_t> ReadNonce(index::ByteView payload);

/// An entry of inv, getdata or notfound.
struct InventoryItem {
    static constexpr std::uint32_t kBlock = 2;
    static constexpr std::uint32_t kWitnessFlag = 1u << 30;  ///< BIP144

    std::uint32_t type = 0;
    index::BlockHash hash;  ///< if IsBlock(); else the hash of something else

    [[nodiscard]] bool IsBlock() const { return (type & ~kWitnessFlag) == kBlock; }
};
index::Bytes WriteInventory(const std::vector<InventoryItem>& items);
index::Parsed<std::vector<InventoryItem>> ReadInventory(index::ByteView payload);

/// All headers that follow, as many as fit in an answer. Precondition: at most kLocatorMax hashes.
index::Bytes WriteGetHeaders(const std::vector<index::BlockHash>& locator);

/// Each header as it stands in a block; at most kHeadersMax.
index::Parsed<std::vector<index::Bytes>> ReadHeaders(const index::Codec& codec,
                                                     index::ByteView payload);

}  // namespace amber::daemon_client
