#pragma once
#include <cstdint>
#include <vector>

#include "index/chain/hash.h"

// Bitcoin's merkle tree (protocol.md 4.4): double SHA-256 of pairs, an odd last node paired
// with itself.
namespace amber::index {

MerkleNode HashPair(const MerkleNode& left, const MerkleNode& right);

/// Zero hash for no leaves.
MerkleNode ComputeMerkleRoot(std::vector<MerkleNode> leaves);

struct MerkleProof {
    std::vector<MerkleNode> branch;  ///< siblings from the leaves up, the root left out
    MerkleNode root;
};

/// Precondition: position < leaves.size().
MerkleProof ProveMerkle(std::vector<MerkleNode> leaves, std::size_t position);

/// The root that `branch` leads to from `leaf`.
MerkleNode FoldMerkle(MerkleNode leaf, const std::vector<MerkleNode>& branch, std::size_t position);

}  // namespace amber::index
