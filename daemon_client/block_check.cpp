#include "daemon_client/block_check.h"

#include <stdexcept>
#include <vector>

#include "index/chain/merkle.h"

namespace amber::daemon_client {

using index::Block;
using index::MerkleNode;

namespace {

/// Whether the list of transactions is another one prolonged by repeating its end, which leaves the
/// merkle root the same (CVE-2012-2459). Then the last one occurs 1, 2, 4, ... places before, too.
bool IsProlonged(const Block& block) {
    const std::size_t count = block.txs.size();
    for (std::size_t back = 1; back < count; back *= 2)
        if (block.txs[count - 1].txid == block.txs[count - 1 - back].txid) return true;
    return false;
}

}  // namespace

void throw_exception_from_error(const BadBlock& bad, const boost::source_location&) {
    throw std::runtime_error(bad.why);
}

boost::system::result<Block, BadBlock> CheckBlock(const index::Codec& codec,
                                                  const index::BlockHash& announced,
                                                  index::Bytes raw, MerkleRoots merkle_roots) {
    auto parsed = codec.ParseBlock(std::move(raw));
    if (parsed.has_error())
        return BadBlock{parsed.error().what + " at byte " + std::to_string(parsed.error().offset)};
    if (parsed->hash != announced)
        return BadBlock{"it is another block, " + ToDisplayHex(parsed->hash)};
    if (merkle_roots == MerkleRoots::trust) return std::move(*parsed);
    std::vector<MerkleNode> leaves;
    leaves.reserve(parsed->txs.size());
    for (const Block::Tx& tx : parsed->txs) leaves.push_back(index::HashCast<MerkleNode>(tx.txid));
    if (index::ComputeMerkleRoot(std::move(leaves)) != parsed->merkle_root)
        return BadBlock{"its transactions do not match the merkle root of its header"};
    if (IsProlonged(*parsed)) return BadBlock{"its last transactions occur twice"};
    return std::move(*parsed);
}

}  // namespace amber::daemon_client
