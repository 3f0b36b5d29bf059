#include "tests/index/naive_model.h"

#include <openssl/sha.h>

#include <algorithm>
#include <stdexcept>

namespace amber::index {

NaiveModel::NaiveModel(std::span<const BlockPtr> chain) {
    for (const auto& block : chain) Add(*block);
}

void NaiveModel::Make(const OutPoint& point, const Output& output) {
    Forget(point);  // a repeated coinbase: the older output is lost
    unspent[point] = output;
    unspent_of[output.script].insert({output.num, point.index});
    history[output.script].insert(output.num);
}

void NaiveModel::Forget(const OutPoint& point) {
    const auto old = unspent.find(point);
    if (old == unspent.end()) return;
    unspent_of[old->second.script].erase({old->second.num, point.index});
    unspent.erase(old);
}

void NaiveModel::Spend(const OutPoint& point, std::uint64_t spender) {
    const auto found = unspent.find(point);
    if (found == unspent.end())
        throw std::logic_error("the model has no output " + std::to_string(point.index) + " of " +
                               ToDisplayHex(point.txid));
    const Output output = found->second;
    history[output.script].insert(spender);
    spenders[{output.num, point.index}] = spender;
    Forget(point);
}

void NaiveModel::Add(const Block& block) {
    const auto height = static_cast<std::uint32_t>(hashes.size());
    const std::uint64_t first = txs.size();
    hashes.push_back(block.hash);
    for (const auto& tx : block.txs) {
        num_of[tx.txid] = txs.size();
        txs.push_back({tx.txid, height, static_cast<std::uint32_t>(&tx - block.txs.data())});
    }
    if (height == 0) return;  // the genesis coinbase counts as a transaction, but pays nobody
    // All outputs before all inputs: in some coins a child may stand before its parent.
    for (std::size_t t = 0; t < block.txs.size(); ++t)
        for (std::uint32_t i = 0; i < block.txs[t].output_count; ++i) {
            const auto& output = block.outputs[block.txs[t].first_output + i];
            if (output.indexed)
                Make({block.txs[t].txid, i}, {output.hash_x, output.value, first + t});
        }
    for (std::size_t t = 0; t < block.txs.size(); ++t)
        for (std::uint32_t i = 0; i < block.txs[t].input_count; ++i) {
            const auto& point = block.inputs[block.txs[t].first_input + i];
            if (!point.IsCoinbase()) Spend(point, first + t);
        }
}

std::vector<NaiveModel::Line> NaiveModel::History(const HashX& script) const {
    std::vector<Line> lines;
    const auto found = history.find(script);
    if (found == history.end()) return lines;
    for (const auto num : found->second)
        lines.push_back({txs[num].txid, static_cast<std::int32_t>(txs[num].height)});
    return lines;
}

std::vector<NaiveModel::Coin> NaiveModel::Unspent(const HashX& script) const {
    std::vector<Coin> coins;
    const auto found = unspent_of.find(script);
    if (found == unspent_of.end()) return coins;
    for (const auto& [num, index] : found->second) {
        const Txid& txid = txs[num].txid;
        coins.push_back({txid, index, txs[num].height, unspent.at({txid, index}).value});
    }
    return coins;
}

std::optional<std::uint64_t> NaiveModel::NumOf(const Txid& txid) const {
    const auto found = num_of.find(txid);
    if (found == num_of.end()) return std::nullopt;
    return found->second;
}

std::set<HashX> NaiveModel::Scripts() const {
    std::set<HashX> scripts;
    for (const auto& [script, nums] : history) scripts.insert(script);
    return scripts;
}

NaiveMempool::NaiveMempool(const NaiveModel& chain, std::vector<Transaction> all) : chain_(chain) {
    for (auto& tx : all) txs[ToDisplayHex(tx.txid)] = std::move(tx);
}

std::optional<NaiveModel::Output> NaiveMempool::Funder(const OutPoint& point) const {
    if (const auto parent = txs.find(ToDisplayHex(point.txid)); parent != txs.end()) {
        const auto& output = parent->second.outputs.at(point.index);
        return NaiveModel::Output{ToHashX(output.script_hash), output.value, 0};
    }
    if (const auto found = chain_.unspent.find(point); found != chain_.unspent.end())
        return found->second;
    return std::nullopt;
}

bool NaiveMempool::HasUnconfirmedParent(const Transaction& tx) const {
    return std::any_of(tx.inputs.begin(), tx.inputs.end(), [&](const OutPoint& point) {
        return txs.contains(ToDisplayHex(point.txid));
    });
}

std::vector<NaiveMempool::Line> NaiveMempool::OfScript(const HashX& script) const {
    std::vector<Line> confirmed_parents, unconfirmed_parents;
    for (const auto& [name, tx] : txs) {
        Amount fee = 0;
        bool uses = false;
        for (const auto& point : tx.inputs) {
            const auto funder = Funder(point).value();
            fee += funder.value;
            uses |= funder.script == script;
        }
        for (const auto& output : tx.outputs) {
            fee -= output.value;
            uses |= output.indexed && ToHashX(output.script_hash) == script;
        }
        if (!uses) continue;
        if (HasUnconfirmedParent(tx))
            unconfirmed_parents.push_back({tx.txid, -1, fee});
        else
            confirmed_parents.push_back({tx.txid, 0, fee});
    }
    confirmed_parents.insert(confirmed_parents.end(), unconfirmed_parents.begin(),
                             unconfirmed_parents.end());
    return confirmed_parents;
}

std::optional<Txid> NaiveMempool::Spender(const OutPoint& point) const {
    for (const auto& [name, tx] : txs)
        if (std::find(tx.inputs.begin(), tx.inputs.end(), point) != tx.inputs.end()) return tx.txid;
    return std::nullopt;
}

std::optional<std::int32_t> NaiveMempool::HeightOf(const Txid& txid) const {
    if (const auto tx = txs.find(ToDisplayHex(txid)); tx != txs.end())
        return HasUnconfirmedParent(tx->second) ? -1 : 0;
    const auto num = chain_.NumOf(txid);
    if (!num) return std::nullopt;
    return static_cast<std::int32_t>(chain_.txs[*num].height);
}

OutpointStatus NaiveMempool::Outpoint(const OutPoint& point) const {
    OutpointStatus status;
    const auto num = chain_.NumOf(point.txid);
    const auto spent = num ? chain_.spenders.find({*num, point.index}) : chain_.spenders.end();
    if (const auto tx = txs.find(ToDisplayHex(point.txid)); tx != txs.end()) {
        const auto& outputs = tx->second.outputs;
        if (point.index >= outputs.size() || !outputs[point.index].indexed) return status;
    } else if (!chain_.unspent.contains(point) && spent == chain_.spenders.end()) {
        return status;
    }
    status.funder_height = HeightOf(point.txid);
    auto spender = Spender(point);
    if (spent != chain_.spenders.end()) spender = chain_.txs[spent->second].txid;
    if (spender) status.spender = {*spender, *HeightOf(*spender)};
    return status;
}

Amount NaiveMempool::Balance(const HashX& script) const {
    Amount balance = 0;
    for (const auto& [name, tx] : txs) {
        for (const auto& output : tx.outputs)
            if (output.indexed && ToHashX(output.script_hash) == script) balance += output.value;
        for (const auto& point : tx.inputs)
            if (const auto funder = Funder(point).value(); funder.script == script)
                balance -= funder.value;
    }
    return balance;
}

std::vector<NaiveModel::Coin> NaiveMempool::Unspent(const HashX& script) const {
    std::vector<NaiveModel::Coin> coins;
    for (const auto& coin : chain_.Unspent(script))
        if (!Spender({coin.txid, coin.index})) coins.push_back(coin);
    for (const auto& line : OfScript(script)) {
        const auto& tx = txs.at(ToDisplayHex(line.txid));
        for (std::uint32_t i = 0; i < tx.outputs.size(); ++i)
            if (tx.outputs[i].indexed && ToHashX(tx.outputs[i].script_hash) == script &&
                !Spender({tx.txid, i}))
                coins.push_back({tx.txid, i, 0, tx.outputs[i].value});
    }
    return coins;
}

std::optional<StatusHash> NaiveStatus(const std::vector<NaiveModel::Line>& history) {
    if (history.empty()) return std::nullopt;
    std::string text;
    for (const auto& line : history) {
        for (std::size_t i = 32; i-- > 0;) {
            constexpr char kDigits[] = "0123456789abcdef";
            text += kDigits[line.txid.bytes[i] >> 4];
            text += kDigits[line.txid.bytes[i] & 15];
        }
        text += ':' + std::to_string(line.height) + ':';
    }
    StatusHash status;
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), status.bytes.data());
    return status;
}

ScriptHash AnyScriptHash(const HashX& script) {
    ScriptHash hash;
    std::copy(script.bytes.begin(), script.bytes.end(), hash.bytes.begin());
    return hash;
}

}  // namespace amber::index
