#pragma once
#include <filesystem>

#include "index/chain/coin.h"
#include "tests/generator/oracle_chain.h"
#include "tests/index/naive_model.h"

namespace amber::index {

/// Throws if the block does not parse.
BlockPtr ParseShared(const Coin& coin, Bytes raw);

/// All blocks of a file in bootstrap format, in its order.
Chain ReadChainFile(const Coin& coin, const std::filesystem::path& path);

/// The rest of a generated chain.
Chain TakeRest(generator::ChainGenerator& generator);

/// Of regtest, genesis block first. The sanitizers get a smaller one than ours of 1,000 blocks and
/// 100,000 transactions.
const Chain& OracleChain();

const Coin& Network(std::string_view network);
inline const Coin& Regtest() { return Network("regtest"); }

}  // namespace amber::index
