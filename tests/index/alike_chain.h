#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "tests/index/block_maker.h"
#include "tests/index/random_chain.h"

namespace amber::index::bulk {

/// A chain of transactions with txids that a test makes up: alike in their first bytes.
class AlikeChain {
public:
    AlikeChain() : blocks{GenesisBlock()} {}

    /// Transaction `n` of those that look alike.
    static Txid AlikeTxid(unsigned n) {
        Txid txid;
        txid.bytes.fill(0xab);
        txid.bytes[20] = static_cast<std::uint8_t>(n);
        return txid;
    }
    /// One of those that fall into one partition and are told apart there.
    static Txid NeighbourTxid(unsigned n) {
        Txid txid;
        txid.bytes.fill(0xab);
        for (std::size_t at = 4; at < 8; ++at, n >>= 8)
            txid.bytes[at] = static_cast<std::uint8_t>(n);
        return txid;
    }
    struct Tx {
        Txid txid;
        std::vector<OutPoint> inputs;
        std::uint32_t outputs = 1;
    };
    void Add(std::vector<Tx> txs) {
        auto block = std::make_shared<Block>();
        block->raw.assign(80, 0);
        block->header_size = 80;
        block->previous = blocks.back()->hash;
        block->hash.bytes.fill(static_cast<std::uint8_t>(blocks.size()));
        for (const Tx& tx : txs) {
            Block::Tx& added = block->txs.emplace_back();
            added.txid = tx.txid;
            added.first_input = static_cast<std::uint32_t>(block->inputs.size());
            added.input_count = static_cast<std::uint32_t>(tx.inputs.size());
            added.first_output = static_cast<std::uint32_t>(block->outputs.size());
            added.output_count = tx.outputs;
            block->inputs.insert(block->inputs.end(), tx.inputs.begin(), tx.inputs.end());
            for (std::uint32_t i = 0; i < tx.outputs; ++i)
                block->outputs.push_back({.value = 5, .hash_x = HashXOf(++script_)});
        }
        blocks.push_back(block);
    }
    static OutPoint Coinbase() { return {Txid{}, OutPoint::kCoinbaseIndex}; }

    Chain blocks;

private:
    std::uint32_t script_ = 0;
};

}  // namespace amber::index::bulk
