#include "index/header_merkle.h"

#include <string>

#include "index/lookup.h"
#include "index/tables/header_merkle_table.h"

namespace amber::index {

namespace {

/// Node `index` of `level` in the tree over `count` leaves, incomplete ones at the right edge too.
MerkleNode NodeOf(const store::Reader& reader, std::uint32_t level, std::uint32_t index,
                  std::uint32_t count) {
    const std::uint64_t end = (std::uint64_t{index} + 1) << level;
    if (end <= count) return ReadHeaderMerkleNode(reader, level, index);
    const MerkleNode left = NodeOf(reader, level - 1, 2 * index, count);
    const std::uint64_t right_begin = (2 * std::uint64_t{index} + 1) << (level - 1);
    if (right_begin >= count) return HashPair(left, left);
    return HashPair(left, NodeOf(reader, level - 1, 2 * index + 1, count));
}

}  // namespace

MerkleNode ReadHeaderMerkleNode(const store::Reader& reader, std::uint32_t level,
                                std::uint32_t index) {
    if (level == 0) {
        if (const auto hash = ReadBlockHash(reader, {index})) return HashCast<MerkleNode>(*hash);
    } else if (const auto value =
                   reader.Get(store::Table::header_merkle, tables::HeaderMerkleKey(level, index))) {
        return tables::ReadHeaderMerkle(*value);
    }
    throw store::StoreError("database: a node of the header tree is missing (level " +
                            std::to_string(level) + ", index " + std::to_string(index) +
                            "); delete the database and sync again");
}

MerkleProof ProveHeaderAt(const store::Reader& reader, Height height, Height checkpoint) {
    const std::uint32_t count = checkpoint.value + 1;
    MerkleProof proof;
    std::uint32_t index = height.value;
    std::uint32_t level = 0;
    for (std::uint64_t width = count; width > 1; width = (width + 1) / 2, index /= 2, ++level) {
        const std::uint32_t sibling = index ^ 1;
        // An odd last node is paired with itself.
        proof.branch.push_back(NodeOf(reader, level, sibling < width ? sibling : index, count));
    }
    proof.root = FoldMerkle(NodeOf(reader, 0, height.value, count), proof.branch, height.value);
    return proof;
}

void HeaderMerkle::Load(const store::Reader& reader, std::uint32_t count) {
    peaks_.clear();
    count_ = count;
    std::uint32_t begin = 0;
    for (std::uint32_t level = 32; level-- > 0;) {
        if (!(count >> level & 1)) continue;
        peaks_.push_back(ReadHeaderMerkleNode(reader, level, begin >> level));
        begin += 1u << level;
    }
}

void HeaderMerkle::Append(const BlockHash& hash, const MadeNode& made) {
    MerkleNode node = HashCast<MerkleNode>(hash);
    std::uint32_t index = count_++;
    for (std::uint32_t level = 1; index & 1; ++level) {
        node = HashPair(peaks_.back(), node);
        peaks_.pop_back();
        index >>= 1;
        made(level, index, node);
    }
    peaks_.push_back(node);
}

}  // namespace amber::index
