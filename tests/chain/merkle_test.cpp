#include "index/chain/merkle.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "index/chain/sha256.h"

namespace amber::index {
namespace {

std::vector<MerkleNode> RandomLeaves(std::size_t count) {
    std::mt19937_64 random(count);
    std::vector<MerkleNode> leaves(count);
    for (MerkleNode& leaf : leaves) {
        for (auto& byte : leaf.bytes) byte = static_cast<std::uint8_t>(random());
    }
    return leaves;
}

/// The definition, word for word.
MerkleNode NaiveRoot(std::vector<MerkleNode> level) {
    if (level.empty()) return {};
    while (level.size() > 1) {
        std::vector<MerkleNode> above;
        for (std::size_t i = 0; i < level.size(); i += 2) {
            const MerkleNode& right = i + 1 < level.size() ? level[i + 1] : level[i];
            Bytes pair(level[i].bytes.begin(), level[i].bytes.end());
            pair.insert(pair.end(), right.bytes.begin(), right.bytes.end());
            above.push_back(Sha256dAs<MerkleNode>(pair));
        }
        level = above;
    }
    return level[0];
}

TEST(Merkle, RootEqualsTheDefinition) {
    for (std::size_t count = 0; count < 70; ++count) {
        const auto leaves = RandomLeaves(count);
        EXPECT_EQ(ComputeMerkleRoot(leaves), NaiveRoot(leaves)) << count << " leaves";
    }
    EXPECT_EQ(ComputeMerkleRoot(RandomLeaves(4097)), NaiveRoot(RandomLeaves(4097)));
}

TEST(Merkle, EveryProofLeadsToTheRoot) {
    for (std::size_t count = 1; count < 40; ++count) {
        const auto leaves = RandomLeaves(count);
        const MerkleNode root = ComputeMerkleRoot(leaves);
        for (std::size_t position = 0; position < count; ++position) {
            const MerkleProof proof = ProveMerkle(leaves, position);
            EXPECT_EQ(proof.root, root);
            EXPECT_EQ(FoldMerkle(leaves[position], proof.branch, position), root);
            MerkleNode wrong = leaves[position];
            wrong.bytes[31] ^= 1;
            EXPECT_NE(FoldMerkle(wrong, proof.branch, position), root);
        }
    }
}

TEST(Merkle, ProofOfALoneLeafIsEmpty) {
    const auto leaves = RandomLeaves(1);
    const MerkleProof proof = ProveMerkle(leaves, 0);
    EXPECT_TRUE(proof.branch.empty());
    EXPECT_EQ(proof.root, leaves[0]);
}

TEST(MerkleDeathTest, APositionOutsideIsAbug) {
    EXPECT_DEATH((void)ProveMerkle(RandomLeaves(3), 3), "");
}

TEST(Merkle, HeaderProofOfTheFirstNineBlocks) {  // protocol.md section 16
    std::vector<MerkleNode> leaves;
    for (const char* hash : {"000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
                             "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048",
                             "000000006a625f06636b8bb6ac7b960a8d03705d1ace08b1a19da3fdcc99ddbd",
                             "0000000082b5015589a3fdf2d4baff403e6f0be035a5d9742c1cae6295464449",
                             "000000004ebadb55ee9096c9a2f8880e09da59c0d68b1c228da88e48844a1485",
                             "000000009b7262315dbf071787ad3656097b892abffd1f95a1a022f896f533fc",
                             "000000003031a0e73735690c5a1ff2a4be82553b2a12b776fbd3a215dc8f778d",
                             "0000000071966c2b1d065fd446b1e485b2c9d9594acd2007ccbd5441cfc89444",
                             "00000000408c48f847aa786c2268fc3e6ec2af68e8468a34a28c61b7f1de0dc6"}) {
        leaves.push_back(FromDisplayHex<MerkleNode>(hash).value());
    }
    const MerkleProof proof = ProveMerkle(leaves, 5);
    std::vector<std::string> branch;
    for (const MerkleNode& node : proof.branch) branch.push_back(ToDisplayHex(node));
    EXPECT_EQ(branch, (std::vector<std::string>{
                          "000000004ebadb55ee9096c9a2f8880e09da59c0d68b1c228da88e48844a1485",
                          "96cbbc84783888e4cc971ae8acf86dd3c1a419370336bb3c634c97695a8c5ac9",
                          "965ac94082cebbcffe458075651e9cc33ce703ab0115c72d9e8b1a9906b2b636",
                          "89e5daa6950b895190716dd26054432b564ccdc2868188ba1da76de8e1dc7591"}));
    EXPECT_EQ(ToDisplayHex(proof.root),
              "e347b1c43fd9b5415bf0d92708db8284b78daf4d0e24f9c3405f45feb85e25db");
}

}  // namespace
}  // namespace amber::index
