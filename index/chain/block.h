#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "index/chain/hash.h"
#include "index/chain/hash_x.h"
#include "index/chain/outpoint.h"
#include "index/chain/parse_error.h"
#include "index/chain/transaction.h"

namespace amber::index {

/// A block, parsed and hashed: all that the writer needs, in a few flat arrays.
/// Immutable once parsed; owns its raw bytes, into which offsets point.
struct Block {
    struct Tx {
        Txid txid;
        std::uint32_t offset = 0, size = 0;  ///< of the raw transaction within `raw`
        std::uint32_t first_input = 0, input_count = 0;
        std::uint32_t first_output = 0, output_count = 0;
    };
    struct Output {
        Amount value = 0;
        HashX hash_x;
        bool indexed = true;  ///< false for data outputs (protocol.md 4.1)
    };

    Bytes raw;
    std::uint32_t header_size = 0;
    BlockHash hash;
    BlockHash previous;
    MerkleNode merkle_root;  ///< as the header claims; compare with ComputeMerkleRoot()
    std::uint32_t time = 0;  ///< Unix seconds, from the header
    std::vector<Tx> txs;
    std::vector<OutPoint> inputs;  ///< of all transactions, in order; the coinbase's included
    std::vector<Output> outputs;

    [[nodiscard]] ByteView Header() const { return ByteView(raw).first(header_size); }
    [[nodiscard]] ByteView RawTx(const Tx& tx) const {
        return ByteView(raw).subspan(tx.offset, tx.size);
    }
};

}  // namespace amber::index
