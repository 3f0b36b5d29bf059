#include "index/chain/merkle.h"

#include <cstdlib>
#include <cstring>

#include "index/chain/sha256.h"

namespace amber::index {
namespace {

static_assert(sizeof(MerkleNode) == 32, "levels are hashed in place as one array of bytes");

/// Replaces a level of at least two nodes by the one above it.
void Climb(std::vector<MerkleNode>& level) {
    if (level.size() % 2 != 0) level.push_back(MerkleNode(level.back()));
    std::uint8_t* bytes = level.front().bytes.data();
    HashMerklePairs(bytes, level.size() / 2, bytes);
    level.resize(level.size() / 2);
}

}  // namespace

MerkleNode HashPair(const MerkleNode& left, const MerkleNode& right) {
    std::uint8_t pair[64];
    std::memcpy(pair, left.bytes.data(), 32);
    std::memcpy(pair + 32, right.bytes.data(), 32);
    MerkleNode parent;
    HashMerklePairs(pair, 1, parent.bytes.data());
    return parent;
}

MerkleNode ComputeMerkleRoot(std::vector<MerkleNode> leaves) {
    if (leaves.empty()) return {};
    while (leaves.size() > 1) Climb(leaves);
    return leaves.front();
}

MerkleProof ProveMerkle(std::vector<MerkleNode> leaves, std::size_t position) {
    if (position >= leaves.size()) std::abort();
    MerkleProof proof;
    for (; leaves.size() > 1; position /= 2) {
        const std::size_t sibling = position ^ 1;
        proof.branch.push_back(leaves[sibling < leaves.size() ? sibling : position]);
        Climb(leaves);
    }
    proof.root = leaves.front();
    return proof;
}

MerkleNode FoldMerkle(MerkleNode leaf, const std::vector<MerkleNode>& branch,
                      std::size_t position) {
    for (const MerkleNode& sibling : branch) {
        leaf = position % 2 != 0 ? HashPair(sibling, leaf) : HashPair(leaf, sibling);
        position /= 2;
    }
    return leaf;
}

}  // namespace amber::index
