#include "tests/index/random_chain.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>

namespace amber::index {

std::uint64_t TestSeed() {
    const char* given = std::getenv("AMBER_SEED");
    const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "AMBER_SEED=" << seed << '\n';
    return seed;
}

std::vector<RawTx::Output> RandomChain::RandomOutputs(Amount value) {
    std::vector<RawTx::Output> outputs(1 + Below(4));
    for (auto& output : outputs) {
        output = Pay(Below(scripts_), value / 8);
        if (Below(12) == 0) output.script = {0x6a, 0x01, 0x07};
        if (Below(12) == 0) output.script = {0x00, 0x6a};
        if (Below(20) == 0) output.script.clear();
    }
    return outputs;
}

std::optional<RawTx> RandomChain::RandomSpend() {
    if (unspent.size() < 4) return std::nullopt;
    std::vector<OutPoint> inputs;
    Amount value = 0;
    for (std::size_t count = 1 + Below(3); count > 0; --count) {
        const auto& [point, amount] = *std::next(unspent.begin(), Below(unspent.size()));
        if (std::find(inputs.begin(), inputs.end(), point) != inputs.end()) continue;
        inputs.push_back(point);
        value += amount;
    }
    return Spend(std::move(inputs), RandomOutputs(value), Below(1u << 30));
}

void RandomChain::Apply(const RawTx& tx) {
    const Transaction parsed = Parse(tx);
    for (const auto& point : parsed.inputs) unspent.erase(point);
    for (std::uint32_t i = 0; i < parsed.outputs.size(); ++i)
        if (parsed.outputs[i].indexed) unspent[{parsed.txid, i}] = parsed.outputs[i].value;
}

void RandomChain::Grow(std::size_t count, const std::vector<RawTx>& mandatory) {
    std::vector<RawTx> txs = mandatory;
    for (const auto& tx : mandatory) Apply(tx);
    while (count-- > 0) {
        auto tx = RandomSpend();
        if (!tx) break;
        Apply(*tx);
        txs.push_back(std::move(*tx));
    }
    if (Below(3) == 0) std::shuffle(txs.begin(), txs.end(), random_);  // children before parents
    auto outputs = RandomOutputs(50 * kCoins);
    outputs.push_back(Pay(Below(scripts_), 25 * kCoins));
    txs.insert(txs.begin(), Coinbase(Below(1u << 30), std::move(outputs)));
    Apply(txs.front());
    blocks.push_back(MakeBlock(blocks.back()->hash, txs));
}

}  // namespace amber::index
