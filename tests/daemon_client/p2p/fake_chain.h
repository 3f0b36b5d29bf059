#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "index/chain/bytes.h"
#include "index/chain/hash.h"

namespace amber::daemon_client {

/// Blocks of regtest that have proof of work, and little else that is right.
struct FakeChain {
    FakeChain();  ///< the genesis block

    /// Adds blocks of about `block_bytes`. Another `salt` makes other blocks.
    void Grow(std::size_t count, std::uint64_t salt, std::size_t block_bytes = 0);
    /// The part up to `height`.
    [[nodiscard]] FakeChain UpTo(std::size_t height) const;
    [[nodiscard]] index::Bytes HeaderAt(std::size_t height) const;

    std::vector<std::shared_ptr<const index::Bytes>> blocks;  ///< by height
    std::vector<index::BlockHash> hashes;
};

FakeChain MakeFakeChain(std::size_t height, std::uint64_t salt = 0, std::size_t block_bytes = 0);

/// Headers 1 to `height` of it, as getheaders tells them.
std::vector<index::Bytes> HeadersOf(const FakeChain& chain, std::size_t first = 1);

}  // namespace amber::daemon_client
