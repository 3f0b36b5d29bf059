#pragma once
#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "index/chain/bytes.h"
#include "index/chain/coin.h"
#include "index/chain/hash.h"
#include "index/chain/proof_of_work.h"
#include "index/chain/strong.h"

namespace amber::daemon_client {

/// Why a header was not taken. Whoever sent it is wrong, or on another network.
struct BadHeader {
    std::string why;
};
[[noreturn]] void throw_exception_from_error(const BadHeader& bad, const boost::source_location&);

/// The headers that peers have told of: a tree from the genesis block, in which one chain is
/// chosen.
///
/// Checked of each: it follows one we have, meets the target it claims, and claims the one that the
/// network's rule asks for. Not checked: its time, and on signet its signature.
/// Not kept: the header itself. One takes about 80 bytes: 64 and its places in the chosen chain and
/// in the table by hash.
/// Bound: so many beside the chosen chain; TrimBranches() drops all of these when there are more.
/// Not thread-safe.
class HeaderChain {
public:
    explicit HeaderChain(const index::Coin& coin, std::size_t beside_max = 1'000'000);

    /// Takes headers of which each follows the one before; those known already are passed over.
    /// Answers the hash of the last. Those before a bad one are kept.
    [[nodiscard]] boost::system::result<index::BlockHash, BadHeader> Add(
        std::span<const index::Bytes> headers);

    [[nodiscard]] bool Has(const index::BlockHash& hash) const { return Find(hash) != kNone; }
    /// Of the chain up to this block, the genesis block's included; 0 if unknown.
    [[nodiscard]] index::Work WorkOf(const index::BlockHash& hash) const;
    [[nodiscard]] std::optional<index::Height> HeightOf(const index::BlockHash& hash) const;
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }

    /// The chosen chain; at first, the genesis block alone.
    [[nodiscard]] const index::BlockHash& Tip() const { return nodes_[chosen_.back()].hash; }
    [[nodiscard]] index::Height TipHeight() const {
        return {static_cast<std::uint32_t>(chosen_.size() - 1)};
    }
    [[nodiscard]] std::optional<index::BlockHash> HashAt(index::Height height) const;
    /// Chooses the chain that ends with this block. Precondition: Has(tip).
    void Choose(const index::BlockHash& tip);
    /// The highest block that the chain up to `hash` shares with the chosen one; nothing if
    /// unknown.
    [[nodiscard]] std::optional<index::Height> ForkWith(const index::BlockHash& hash) const;

    /// Hashes of the chain up to `from`, itself first, with ever wider steps, the genesis block
    /// last: what getheaders takes. Precondition: Has(from).
    [[nodiscard]] std::vector<index::BlockHash> Locator(const index::BlockHash& from) const;
    /// The block before; the genesis block for itself. Precondition: Has(hash).
    [[nodiscard]] index::BlockHash Before(const index::BlockHash& hash) const;

    void TrimBranches();

private:
    struct Node {
        index::BlockHash hash;
        index::Work work = 0;  ///< of the chain up to here
        std::uint32_t parent = 0;
        std::uint32_t height = 0;
        std::uint32_t target_bits = 0;
        std::uint32_t time = 0;
    };
    static_assert(sizeof(Node) == 64);
    static constexpr std::uint32_t kNone = 0xffff'ffff;

    [[nodiscard]] boost::system::result<std::uint32_t, BadHeader> AddOne(index::ByteView header);
    [[nodiscard]] std::uint32_t RequiredTarget(std::uint32_t parent, std::uint32_t time) const;
    [[nodiscard]] std::uint32_t AncestorAt(std::uint32_t node, std::uint32_t height) const;
    [[nodiscard]] bool IsChosen(std::uint32_t node) const;
    [[nodiscard]] std::uint32_t Find(const index::BlockHash& hash) const;
    std::uint32_t Insert(Node node);
    void Register(std::uint32_t number);
    void Rehash(std::size_t places);

    const index::Coin& coin_;
    const std::size_t beside_max_;
    std::vector<Node> nodes_;            ///< the genesis block first
    std::vector<std::uint32_t> chosen_;  ///< by height
    /// Open addressing, a power of two, at most three quarters full; kNone where empty.
    std::vector<std::uint32_t> table_;
};

}  // namespace amber::daemon_client
