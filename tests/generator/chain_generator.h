#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "index/chain/hash.h"
#include "tests/generator/byte_writer.h"
#include "tests/generator/script_maker.h"

namespace amber::generator {

struct OutputSum {
    std::uint64_t count = 0, amount = 0;  ///< amount in satoshis
};

/// What a generated chain holds, coinbases included, the genesis block left out.
struct ChainTotals {
    std::uint64_t blocks = 0, txs = 0, bytes = 0;
    std::uint64_t inputs = 0;  ///< those of coinbases left out
    std::uint64_t outputs = 0;
    OutputSum unspent;     ///< all outputs but data outputs (6a...) that no input spends
    OutputSum false_data;  ///< those of `unspent` that begin 00 6a: bitcoind has them, Amber not
    OutputSum oversized;   ///< those of `unspent` over 10,000 bytes: Amber has them, bitcoind not

    void CountOutput(const ScriptSpec& script, std::uint64_t value);
    void CountSpend(std::uint64_t value);
};

/// Features of a chain that tests look for by name.
struct ChainLandmarks {
    std::vector<ScriptSpec> hot_scripts;
    std::vector<std::pair<index::Txid, index::Txid>> prefix_twins;
    std::optional<index::Txid> most_outputs, most_inputs;
};

/// A source of regtest blocks, from height 1 on, that a real node accepts.
class ChainGenerator {
public:
    virtual ~ChainGenerator() = default;
    /// The next block, serialised; nothing after the last.
    virtual std::optional<Bytes> Next() = 0;
    [[nodiscard]] virtual const ChainTotals& Totals() const = 0;
    [[nodiscard]] virtual const ChainLandmarks& Landmarks() const = 0;
    [[nodiscard]] virtual const index::BlockHash& Tip() const = 0;
};

/// The description written beside a chain file, as JSON text.
std::string Describe(const ChainGenerator& chain);

}  // namespace amber::generator
