#include "tests/index/random_node.h"

#include <algorithm>
#include <iterator>

namespace amber::index {

RandomNode::RandomNode(std::uint64_t seed, std::uint32_t scripts) {
    states_.emplace_back(seed, scripts);
    branch_ = seed;
}

NaiveMempool RandomNode::Model(const NaiveModel& chain) const {
    std::vector<Transaction> txs;
    for (const auto& [txid, tx] : mempool_) txs.push_back(Parse(tx));
    return {chain, std::move(txs)};
}

std::map<OutPoint, Amount> RandomNode::Spendable() const {
    auto spendable = states_.back().unspent;
    for (const auto& [txid, tx] : mempool_)
        for (std::uint32_t i = 0; i < tx.outputs.size(); ++i)
            if (Regtest().codec->IsIndexed(tx.outputs[i].script))
                spendable[{txid, i}] = static_cast<Amount>(tx.outputs[i].value);
    for (const auto& [txid, tx] : mempool_)
        for (const auto& input : tx.inputs) spendable.erase(input.previous);
    return spendable;
}

std::vector<RawTx> RandomNode::ParentsFirst(const std::map<Txid, RawTx>& txs) {
    std::vector<RawTx> ordered;
    std::set<Txid> waiting;
    for (const auto& [txid, tx] : txs) waiting.insert(txid);
    while (!waiting.empty())
        for (auto txid = waiting.begin(); txid != waiting.end();) {
            const RawTx& tx = txs.at(*txid);
            const bool ready = std::none_of(tx.inputs.begin(), tx.inputs.end(), [&](auto& input) {
                return waiting.contains(input.previous.txid);
            });
            if (ready) ordered.push_back(tx);
            txid = ready ? waiting.erase(txid) : std::next(txid);
        }
    return ordered;
}

void RandomNode::AddTx() {
    auto spendable = Spendable();
    if (spendable.empty()) return;
    std::vector<OutPoint> inputs;
    Amount value = 0;
    for (std::size_t count = 1 + Below(3); count > 0 && !spendable.empty(); --count) {
        const auto chosen = std::next(spendable.begin(), Below(spendable.size()));
        inputs.push_back(chosen->first);
        value += chosen->second;
        spendable.erase(chosen);
    }
    const RawTx tx = Spend(std::move(inputs), states_.back().RandomOutputs(value), Below(1u << 30));
    mempool_[TxidOf(tx)] = tx;
}

void RandomNode::RemoveWithDescendants(Txid txid) {
    if (mempool_.erase(txid) == 0) return;
    std::vector<Txid> children;
    for (const auto& [child, tx] : mempool_)
        for (const auto& input : tx.inputs)
            if (input.previous.txid == txid) children.push_back(child);
    for (const auto& child : children) RemoveWithDescendants(child);
}

void RandomNode::ReplaceTx() {
    if (mempool_.empty()) return;
    const auto [txid, old] = *std::next(mempool_.begin(), Below(mempool_.size()));
    RemoveWithDescendants(txid);
    const OutPoint& contested = old.inputs.front().previous;
    const RawTx tx = Spend({contested}, states_.back().RandomOutputs(Spendable().at(contested)),
                           Below(1u << 30));
    mempool_[TxidOf(tx)] = tx;
}

void RandomNode::EvictTx() {
    if (mempool_.empty()) return;
    RemoveWithDescendants(std::next(mempool_.begin(), Below(mempool_.size()))->first);
}

void RandomNode::Refill(const std::vector<RawTx>& candidates) {
    mempool_.clear();
    auto spendable = states_.back().unspent;
    for (const RawTx& tx : candidates) {
        const bool valid = std::all_of(tx.inputs.begin(), tx.inputs.end(), [&](const auto& input) {
            return spendable.contains(input.previous);
        });
        if (!valid) continue;
        for (const auto& input : tx.inputs) spendable.erase(input.previous);
        const Txid txid = TxidOf(tx);
        for (std::uint32_t i = 0; i < tx.outputs.size(); ++i)
            if (Regtest().codec->IsIndexed(tx.outputs[i].script)) spendable[{txid, i}] = 1;
        mempool_[txid] = tx;
    }
}

void RandomNode::Mine() {
    const auto ordered = ParentsFirst(mempool_);
    std::vector<RawTx> mined;
    std::set<Txid> left;
    for (const RawTx& tx : ordered) {
        const bool orphan = std::any_of(tx.inputs.begin(), tx.inputs.end(), [&](const auto& input) {
            return left.contains(input.previous.txid);
        });
        if (orphan || Below(3) == 0)
            left.insert(TxidOf(tx));
        else
            mined.push_back(tx);
    }
    RandomChain next = states_.back();
    next.Branch(++branch_);
    next.Grow(next.Below(3), mined);
    states_.push_back(std::move(next));
    Refill(ordered);
}

void RandomNode::Reorganise(std::size_t depth, std::size_t count) {
    depth = std::min(depth, states_.size() - 1);
    std::vector<RawTx> candidates;
    for (std::size_t h = states_.size() - depth; h < states_.size(); ++h) {
        const Block& block = *Blocks()[h];
        std::map<Txid, RawTx> txs;  // within a block the order is free
        for (std::size_t i = 1; i < block.txs.size(); ++i)
            txs[block.txs[i].txid] = ReadTx(block.RawTx(block.txs[i]));
        for (auto& tx : ParentsFirst(txs)) candidates.push_back(std::move(tx));
    }
    for (auto& tx : ParentsFirst(mempool_)) candidates.push_back(std::move(tx));
    states_.resize(states_.size() - depth, RandomChain(0));
    Refill(candidates);
    for (; count > 0; --count) Mine();
}

RandomNode::Changes RandomNode::TakeChanges() {
    std::set<Txid> confirmed;
    for (const auto& block : Blocks())
        for (const auto& tx : block->txs) confirmed.insert(tx.txid);
    Changes changes;
    for (const auto& [txid, tx] : mempool_)
        if (!told_.contains(txid)) changes.added.push_back(txid);
    for (const auto& [txid, tx] : told_)
        if (!mempool_.contains(txid) && !confirmed.contains(txid)) changes.removed.push_back(txid);
    told_ = mempool_;
    return changes;
}

}  // namespace amber::index
