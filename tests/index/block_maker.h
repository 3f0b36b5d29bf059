#pragma once
#include "tests/index/chain_source.h"
#include "tests/support/raw_block.h"

// Chains made by hand, on regtest: no proof of work, and no rule of the node is kept but those that
// a test keeps itself.
namespace amber::index {

/// Output script number `id`; each id has another.
Bytes ScriptOf(std::uint32_t id);
HashX HashXOf(const Bytes& script);
inline HashX HashXOf(std::uint32_t id) { return HashXOf(ScriptOf(id)); }

RawTx::Output Pay(std::uint32_t script_id, Amount value);
/// Equal arguments make equal transactions. `salt` tells others apart.
RawTx Coinbase(std::uint32_t salt, std::vector<RawTx::Output> outputs);
RawTx Spend(std::vector<OutPoint> outpoints, std::vector<RawTx::Output> outputs,
            std::uint32_t salt = 0);
Txid TxidOf(const RawTx& tx);
inline OutPoint OutputOf(const RawTx& tx, std::uint32_t index = 0) { return {TxidOf(tx), index}; }
Transaction Parse(const RawTx& tx);

/// A block after `previous`; its first transaction should be a coinbase.
BlockPtr MakeBlock(const BlockHash& previous, const std::vector<RawTx>& txs,
                   std::uint32_t salt = 0);
BlockPtr GenesisBlock();

/// A chain that begins with the genesis block and grows by hand.
class HandMadeChain {
public:
    HandMadeChain() : blocks{GenesisBlock()} {}
    /// Adds a coinbase of its own in front of `txs`.
    BlockPtr Add(std::vector<RawTx> txs = {}, std::uint32_t salt = 0);
    /// The block as it is given, coinbase included.
    BlockPtr AddWhole(const std::vector<RawTx>& txs, std::uint32_t salt = 0);
    /// An output of the coinbase that Add() made at `height`, worth 50 coins.
    [[nodiscard]] OutPoint CoinbaseOf(std::size_t height) const {
        return {blocks.at(height)->txs.front().txid, 0};
    }

    Chain blocks;
};

constexpr Amount kCoins = 100'000'000;
/// Script of the coinbases that Add() makes.
constexpr std::uint32_t kMinerScript = 1'000'000;

}  // namespace amber::index
