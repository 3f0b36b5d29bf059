#pragma once
#include <cstdint>
#include <vector>

#include "index/chain/hash.h"
#include "index/chain/outpoint.h"
#include "index/chain/parse_error.h"

namespace amber::index {

using Amount = std::int64_t;  ///< satoshis

/// A transaction on its own (from the mempool, a wallet or a test), reduced to what is indexed.
struct Transaction {
    struct Output {
        Amount value = 0;
        ScriptHash script_hash;
        bool indexed = true;  ///< false for data outputs, which no table holds
    };
    Txid txid;
    std::uint32_t size = 0;   ///< bytes, witness included
    std::uint32_t vsize = 0;  ///< virtual bytes (BIP141): weight / 4, rounded up
    std::vector<OutPoint> inputs;
    std::vector<Output> outputs;
};

}  // namespace amber::index
