#pragma once
#include "index/chain/hash.h"
#include "index/tables/row_bytes.h"

// header_merkle: level (1), index (4) -> node (32)
// The complete nodes above the leaves of the tree over all block hashes: node (L, i) covers heights
// i * 2^L up to, not including, (i + 1) * 2^L. Level 0 would be the block hashes themselves, which
// the header table gives. On disk: frozen.
namespace amber::index::tables {

inline constexpr std::size_t kHeaderMerkleKeySize = 1 + 4;

inline FixedKey<kHeaderMerkleKeySize> HeaderMerkleKey(std::uint32_t level, std::uint32_t index) {
    return FixedKey<kHeaderMerkleKeySize>().Int<1>(level).Int<4>(index);
}
inline MerkleNode ReadHeaderMerkle(std::string_view value) {
    return RowReader(value).Hash<MerkleNode>();
}

}  // namespace amber::index::tables
