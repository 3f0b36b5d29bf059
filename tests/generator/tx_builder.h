#pragma once
#include <cstdint>
#include <vector>

#include "index/chain/hash.h"
#include "tests/generator/byte_writer.h"
#include "tests/generator/script_maker.h"

namespace amber::generator {

using index::Txid;
using Wtxid = index::Hash256<struct WtxidTag>;

/// An output that can be spent.
struct Coin {
    Txid txid;
    std::uint32_t index = 0;
    std::uint64_t value = 0;  ///< satoshis
    ScriptSpec script;
};

/// A finished transaction of a block under construction.
struct TxRef {
    Txid txid;
    Wtxid wtxid;
    std::uint32_t base_size = 0;   ///< bytes without marker and witness
    std::uint32_t total_size = 0;  ///< bytes as serialised
};

/// Puts one transaction together and appends it to a block. Reused from transaction to
/// transaction, so that nothing is allocated in the long run.
class TxBuilder {
public:
    /// Forgets the previous transaction.
    void Start();
    void AddInput(const Coin& coin, std::uint64_t salt);
    void AddOutput(std::uint64_t value, const ScriptSpec& script);
    void SetLockTime(std::uint32_t lock_time) { lock_time_ = lock_time; }

    [[nodiscard]] std::uint32_t OutputCount() const { return output_count_; }
    [[nodiscard]] bool HasWitness() const { return has_witness_; }

    /// Serialises to the end of `out`.
    TxRef AppendTo(Bytes& out) const;
    /// The bytes that the txid hashes, for searching a lock time; ends in the 4 bytes of it.
    void AppendStripped(Bytes& out) const;

private:
    std::uint32_t input_count_ = 0, output_count_ = 0, lock_time_ = 0;
    bool has_witness_ = false;
    Bytes inputs_, outputs_, witnesses_;
    Unlocking unlocking_;
};

}  // namespace amber::generator
