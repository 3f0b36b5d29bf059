#include "daemon_client/block_files/block_table.h"

#include <algorithm>

#include "index/chain/proof_of_work.h"

namespace amber::daemon_client {

using index::BlockHash;
using index::Work;

void BlockTable::Add(const FoundBlock& block) {
    const Number parent = NumberOf(block.previous);
    Entry& entry = entries_[NumberOf(block.hash)];
    if (entry.position.size == 0) ++found_;
    entry.position = block.position;
    entry.parent = parent;
    entry.target_bits = block.target_bits;
}

std::optional<BlockPosition> BlockTable::Find(const BlockHash& hash) const {
    if (slots_.empty()) return std::nullopt;
    const Number number = slots_[SlotOf(hash)];
    if (number == kNone || entries_[number].position.size == 0) return std::nullopt;
    return entries_[number].position;
}

/// The slot that holds `hash`, or the free one where it belongs.
std::size_t BlockTable::SlotOf(const BlockHash& hash) const {
    std::size_t slot = std::hash<BlockHash>{}(hash) & (slots_.size() - 1);
    while (slots_[slot] != kNone && entries_[slots_[slot]].hash != hash)
        slot = (slot + 1) & (slots_.size() - 1);
    return slot;
}

BlockTable::Number BlockTable::NumberOf(const BlockHash& hash) {
    if (2 * (entries_.size() + 1) > slots_.size()) Grow();
    Number& number = slots_[SlotOf(hash)];
    if (number == kNone) {
        number = static_cast<Number>(entries_.size());
        entries_.push_back({.hash = hash, .position = {}});
    }
    return number;
}

void BlockTable::Grow() {
    slots_.assign(std::max<std::size_t>(1024, 2 * slots_.size()), kNone);
    for (Number number = 0; number < entries_.size(); ++number)
        slots_[SlotOf(entries_[number].hash)] = number;
}

std::vector<ChainedBlock> BlockTable::BestChain(const BlockHash& genesis) const {
    // Work of the chain up to each block; 0 while it is not known to begin with the genesis block.
    std::vector<Work> work(entries_.size());
    std::vector<bool> judged(entries_.size());
    Number best = kNone;
    std::vector<Number> waiting;
    for (Number number = 0; number < entries_.size(); ++number) {
        Number at = number;
        while (at != kNone && !judged[at]) {
            judged[at] = true;
            waiting.push_back(at);
            at = entries_[at].parent;
        }
        for (; !waiting.empty(); waiting.pop_back()) {
            const Entry& entry = entries_[waiting.back()];
            if (entry.position.size == 0) continue;
            const Work before = entry.parent == kNone ? 0 : work[entry.parent];
            if (before == 0 && entry.hash != genesis) continue;
            work[waiting.back()] = before + index::WorkOf(entry.target_bits);
        }
        if (work[number] > 0 && (best == kNone || work[number] > work[best])) best = number;
    }

    std::vector<ChainedBlock> chain;
    for (Number at = best; at != kNone; at = entries_[at].parent) {
        chain.push_back({entries_[at].hash, entries_[at].position});
        if (entries_[at].hash == genesis) break;
    }
    std::ranges::reverse(chain);
    return chain;
}

}  // namespace amber::daemon_client
