#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "index/chain/hash.h"
#include "index/chain/transaction.h"

namespace amber::bench {

/// A script and what a server must say of it while the mempool is empty.
struct SampledScript {
    index::ScriptHash hash;
    std::uint32_t txs = 0;
    std::uint32_t utxos = 0;
    index::Amount balance = 0;
    index::StatusHash status;
};

/// What the load generators ask for, and the right answers.
struct ScriptSample {
    std::vector<std::string> headers;    ///< hex, by height
    std::vector<SampledScript> scripts;  ///< in random order
};

/// Text: a line "H hex" for each header, then "S script_hash txs utxos balance status" for each
/// script. Throws std::runtime_error if the file cannot be written.
void WriteSample(const ScriptSample& sample, const std::filesystem::path& path);
/// Throws std::runtime_error if the file cannot be read or holds no script or no header.
ScriptSample ReadSample(const std::filesystem::path& path);

}  // namespace amber::bench
