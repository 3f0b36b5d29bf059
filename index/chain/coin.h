#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "index/chain/block.h"
#include "index/chain/bytes.h"
#include "index/chain/hash.h"
#include "index/chain/parse_error.h"
#include "index/chain/target_rule.h"
#include "index/chain/transaction.h"

namespace amber::index {

/// How one family of coins writes headers, blocks and transactions. Stateless, thread-safe.
/// New grammars (AuxPoW, other header hashes, names) are new codecs; nothing else asks which
/// coin it is.
class Codec {
public:
    virtual ~Codec() = default;

    /// Takes the bytes of one block; refuses trailing bytes, oversized counts and truncation.
    [[nodiscard]] virtual Parsed<Block> ParseBlock(Bytes raw) const = 0;
    /// Takes one whole transaction, with or without witness.
    [[nodiscard]] virtual Parsed<Transaction> ParseTransaction(ByteView raw) const = 0;
    /// Where each transaction of a whole block begins, and last, where the block ends. Walks over
    /// the bytes without hashing any; refuses what ParseBlock() refuses.
    [[nodiscard]] virtual Parsed<std::vector<std::uint32_t>> TransactionOffsets(
        ByteView block) const = 0;
    /// No block is larger, serialised.
    [[nodiscard]] virtual std::size_t BlockBytesMax() const = 0;
    /// Bytes the header at the start of `bytes` takes; nothing if truncated.
    [[nodiscard]] virtual std::optional<std::size_t> HeaderSize(ByteView bytes) const = 0;
    [[nodiscard]] virtual BlockHash HashHeader(ByteView header) const = 0;
    [[nodiscard]] virtual BlockHash PreviousHash(ByteView header) const = 0;
    [[nodiscard]] virtual MerkleNode MerkleRoot(ByteView header) const = 0;
    [[nodiscard]] virtual std::uint32_t Time(ByteView header) const = 0;
    /// The target that the header claims to meet, in compact form: see proof_of_work.h.
    [[nodiscard]] virtual std::uint32_t TargetBits(ByteView header) const = 0;
    /// Whether the header meets the target it claims (which may be any).
    [[nodiscard]] virtual bool HasProofOfWork(ByteView header) const = 0;
    /// False for data outputs: scripts that start with 6a or 00 6a (protocol.md 4.1).
    [[nodiscard]] virtual bool IsIndexed(ByteView script) const = 0;
};

/// Prefixes of a network's addresses (BIP13, BIP173, BIP350).
struct AddressFormat {
    std::uint8_t p2pkh_version = 0;
    std::uint8_t p2sh_version = 0;
    std::string_view bech32_hrp;
};

/// The facts of one coin on one network. A value: no code asks which coin it is.
struct Coin {
    std::string_view name;          ///< "bitcoin"
    std::string_view network;       ///< "mainnet", "testnet", "testnet4", "signet", "regtest"
    std::string_view node_network;  ///< what getblockchaininfo calls it: "main", "test", ...
    std::uint8_t magic[4] = {};     ///< of peer-to-peer messages and block files
    BlockHash genesis;
    TargetRule target_rule;
    std::uint16_t node_rpc_port = 0;
    std::uint16_t node_p2p_port = 0;
    std::uint16_t tcp_port = 0, ssl_port = 0, ws_port = 0, wss_port = 0;  ///< customary
    std::string_view node_datadir_suffix;  ///< under ~/.bitcoin, e.g. "regtest"; empty on mainnet
    std::uint32_t default_reorg_limit = 0;
    std::uint32_t node_version_min = 0;  ///< as getnetworkinfo writes it, 220000 = 22.0
    AddressFormat addresses;
    const Codec* codec = nullptr;
};

/// All networks Amber knows.
std::span<const Coin> Coins();
/// Null if unknown.
const Coin* FindCoin(std::string_view name, std::string_view network);

}  // namespace amber::index
