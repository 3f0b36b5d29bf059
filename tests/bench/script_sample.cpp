#include "tests/bench/script_sample.h"

#include <fstream>
#include <stdexcept>

#include "index/chain/hex.h"

namespace amber::bench {
namespace {

std::runtime_error Bad(const std::filesystem::path& path, const char* what) {
    return std::runtime_error(path.string() + ": " + what);
}

bool ReadScript(std::istream& in, SampledScript& script) {
    std::string hash, status;
    if (!(in >> hash >> script.txs >> script.utxos >> script.balance >> status)) return false;
    const auto parsed = index::FromDisplayHex<index::ScriptHash>(hash);
    if (!parsed || status.size() != 64) return false;
    script.hash = *parsed;
    return index::DecodeHex(status, script.status.bytes.data());
}

}  // namespace

void WriteSample(const ScriptSample& sample, const std::filesystem::path& path) {
    std::ofstream out(path);
    for (const std::string& header : sample.headers) out << "H " << header << '\n';
    for (const SampledScript& script : sample.scripts) {
        out << "S " << index::ToDisplayHex(script.hash) << ' ' << script.txs << ' ' << script.utxos
            << ' ' << script.balance << ' ' << index::ToHex(script.status.View()) << '\n';
    }
    if (!out.flush()) throw Bad(path, "cannot be written");
}

ScriptSample ReadSample(const std::filesystem::path& path) {
    std::ifstream in(path);
    ScriptSample sample;
    char kind = 0;
    while (in >> kind) {
        if (kind == 'H') {
            if (!(in >> sample.headers.emplace_back())) throw Bad(path, "bad header line");
        } else if (kind != 'S' || !ReadScript(in, sample.scripts.emplace_back())) {
            throw Bad(path, "bad line");
        }
    }
    if (sample.headers.empty() || sample.scripts.empty()) throw Bad(path, "no sample in it");
    return sample;
}

}  // namespace amber::bench
