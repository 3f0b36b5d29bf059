#pragma once
#include <boost/system/result.hpp>
#include <string>

#include "index/chain/block.h"
#include "index/chain/bytes.h"
#include "index/chain/coin.h"

namespace amber::daemon_client {

struct BadBlock {
    std::string why;
};
[[noreturn]] void throw_exception_from_error(const BadBlock& bad, const boost::source_location&);

/// Whether the transactions are held against the merkle root of the header.
enum class MerkleRoots { check, trust };

/// Parses a block and makes sure that it is the one that was announced: its header has this hash,
/// and its transactions are those the header commits to.
boost::system::result<index::Block, BadBlock> CheckBlock(
    const index::Codec& codec, const index::BlockHash& announced, index::Bytes raw,
    MerkleRoots merkle_roots = MerkleRoots::check);

}  // namespace amber::daemon_client
