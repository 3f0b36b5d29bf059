#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "index/chain/hash_x.h"
#include "index/chain/outpoint.h"
#include "index/chain/strong.h"
#include "index/chain/transaction.h"

namespace amber::index {

/// An unconfirmed transaction as the views hold it. Immutable and shared.
struct MempoolTx {
    struct Input {
        OutPoint prevout;
        HashX hash_x;  ///< of the script that is spent
        Amount value = 0;
        bool indexed = true;
        /// Of the transaction spent, if it was confirmed when this one came in.
        std::optional<TxNum> funder{};
    };
    struct Output {
        HashX hash_x;
        Amount value = 0;
        bool indexed = true;
    };
    Txid txid;
    Amount fee = 0;
    std::uint32_t vsize = 0;
    bool has_unconfirmed_inputs = false;  ///< wallets see height -1 instead of 0
    std::vector<Input> inputs;
    std::vector<Output> outputs;

    /// As wallets see it: -1 with unconfirmed inputs, else 0.
    [[nodiscard]] std::int32_t Height() const { return has_unconfirmed_inputs ? -1 : 0; }
};
using MempoolTxPtr = std::shared_ptr<const MempoolTx>;

}  // namespace amber::index
