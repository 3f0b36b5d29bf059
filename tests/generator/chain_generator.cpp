#include "tests/generator/chain_generator.h"

#include <boost/json.hpp>

#include "index/chain/sha256.h"

namespace amber::generator {
namespace {

boost::json::object ToJson(const OutputSum& sum) {
    return {{"count", sum.count}, {"amount", sum.amount}};
}

boost::json::value ToJson(const std::optional<index::Txid>& txid) {
    if (!txid) return nullptr;
    return boost::json::string(index::ToDisplayHex(*txid));
}

std::string ScriptHashOf(const ScriptSpec& spec) {
    Bytes script;
    AppendScript(spec, script);
    return index::ToDisplayHex(index::Sha256As<index::ScriptHash>(script));
}

}  // namespace

void ChainTotals::CountOutput(const ScriptSpec& script, std::uint64_t value) {
    ++outputs;
    if (script.kind == ScriptKind::data) return;
    const auto add = [&](OutputSum& sum) {
        ++sum.count;
        sum.amount += value;
    };
    add(unspent);
    if (script.kind == ScriptKind::false_data) add(false_data);
    if (script.kind == ScriptKind::oversized) add(oversized);
}

void ChainTotals::CountSpend(std::uint64_t value) {
    ++inputs;
    --unspent.count;
    unspent.amount -= value;
}

std::string Describe(const ChainGenerator& chain) {
    const auto& totals = chain.Totals();
    const auto& landmarks = chain.Landmarks();
    boost::json::array hot, twins;
    for (const auto& script : landmarks.hot_scripts) hot.emplace_back(ScriptHashOf(script));
    for (const auto& [first, second] : landmarks.prefix_twins)
        twins.push_back({index::ToDisplayHex(first), index::ToDisplayHex(second)});
    return boost::json::serialize(boost::json::object{
        {"tip", index::ToDisplayHex(chain.Tip())},
        {"blocks", totals.blocks},
        {"txs", totals.txs},
        {"inputs", totals.inputs},
        {"outputs", totals.outputs},
        {"bytes", totals.bytes},
        {"unspent", ToJson(totals.unspent)},
        {"unspent_false_data", ToJson(totals.false_data)},
        {"unspent_oversized", ToJson(totals.oversized)},
        {"hot_scripts", hot},
        {"prefix_twins", twins},
        {"most_outputs", ToJson(landmarks.most_outputs)},
        {"most_inputs", ToJson(landmarks.most_inputs)},
    });
}

}  // namespace amber::generator
