#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "index/chain/hash.h"
#include "index/chain/merkle.h"
#include "index/chain/strong.h"
#include "index/store/reader.h"

namespace amber::index {

/// Keeps the complete nodes of the merkle tree over all block hashes up to date (table
/// header_merkle), so that a header proof reads O(log height) rows. Thread: sync thread only.
class HeaderMerkle {
public:
    /// Takes the state at `count` blocks from the tables.
    void Load(const store::Reader& reader, std::uint32_t count);

    using MadeNode =
        std::function<void(std::uint32_t level, std::uint32_t index, const MerkleNode& node)>;
    /// Adds the hash of the next block; `made` is called for each node that it completes.
    void Append(const BlockHash& hash, const MadeNode& made);

private:
    /// The roots of the complete subtrees that the leaves so far divide into, largest first: one
    /// for each one bit of count_.
    std::vector<MerkleNode> peaks_;
    std::uint32_t count_ = 0;
};

/// The complete node covering heights [index << level, (index + 1) << level).
MerkleNode ReadHeaderMerkleNode(const store::Reader& reader, std::uint32_t level,
                                std::uint32_t index);

/// Proof for the block at `height` under the tree over heights 0 .. checkpoint (protocol.md 4.5).
/// Precondition: height <= checkpoint <= tip of what `reader` reads.
MerkleProof ProveHeaderAt(const store::Reader& reader, Height height, Height checkpoint);

}  // namespace amber::index
