#pragma once
#include <vector>

#include "index/chain/bytes.h"
#include "index/chain/outpoint.h"

namespace amber::index {

// A second, deliberately plain reader and writer of Bitcoin's formats, for the parser to be held
// against.

void AppendCompactSize(Bytes& out, std::uint64_t value);

struct RawTx {
    struct Input {
        OutPoint previous;
        Bytes script;
        std::uint32_t sequence = 0xffffffff;
        std::vector<Bytes> witness;
    };
    struct Output {
        std::uint64_t value = 0;
        Bytes script;
    };
    std::uint32_t version = 2;
    std::vector<Input> inputs;
    std::vector<Output> outputs;
    std::uint32_t lock_time = 0;

    [[nodiscard]] bool HasWitness() const;
    [[nodiscard]] Bytes Write(bool with_witness) const;
};

/// Precondition: a transaction that the parser accepts; throws std::out_of_range if cut off.
RawTx ReadTx(ByteView raw);

/// With a header of zeros but for the merkle root, which is right.
Bytes WriteBlock(const std::vector<RawTx>& txs);

/// A valid-looking transaction made from a random seed.
RawTx RandomTx(std::uint64_t seed);

}  // namespace amber::index
