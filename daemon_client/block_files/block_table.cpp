#include "daemon_client/block_files/block_table.h"

#include <algorithm>

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

BlockTable::Number BlockTable::Lookup(const BlockHash& hash) const {
    return slots_.empty() ? kNone : slots_[SlotOf(hash)];
}

std::optional<BlockPosition> BlockTable::Find(const BlockHash& hash) const {
    const Number number = Lookup(hash);
    if (!IsFound(number)) return std::nullopt;
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

std::vector<Work> BlockTable::WorkFrom(const BlockHash& root) const {
    std::vector<Work> work(entries_.size());
    std::vector<bool> judged(entries_.size());
    std::vector<Number> waiting;
    for (Number number = 0; number < entries_.size(); ++number) {
        for (Number at = number; at != kNone && !judged[at]; at = entries_[at].parent) {
            judged[at] = true;
            waiting.push_back(at);
        }
        for (; !waiting.empty(); waiting.pop_back()) {
            const Entry& entry = entries_[waiting.back()];
            if (entry.hash == root) {
                work[waiting.back()] = 1 + index::WorkOf(entry.target_bits);
                continue;
            }
            const Work before = entry.parent == kNone ? 0 : work[entry.parent];
            if (before == 0 || entry.position.size == 0) continue;
            work[waiting.back()] = before + index::WorkOf(entry.target_bits);
        }
    }
    return work;
}

std::vector<ChainedBlock> BlockTable::BestChain(const BlockHash& root) const {
    const std::vector<Work> work = WorkFrom(root);
    const auto best = std::ranges::max_element(work);  // the first of equals
    std::vector<ChainedBlock> chain;
    if (best == work.end() || *best == 0) return chain;
    for (auto at = static_cast<Number>(best - work.begin()); at != kNone;
         at = entries_[at].parent) {
        chain.push_back({entries_[at].hash, entries_[at].position});
        if (entries_[at].hash == root) break;
    }
    std::ranges::reverse(chain);
    return chain;
}

std::size_t BlockTable::CountUpTo(const BlockHash& root) const {
    std::size_t count = 0;
    for (Number at = Lookup(root); IsFound(at); at = entries_[at].parent) ++count;
    return count;
}

std::optional<BlockTable::Stranded> BlockTable::FindStranded(const BlockHash& root) const {
    std::vector<Work> work = WorkFrom(root);
    for (Number at = Lookup(root); IsFound(at); at = entries_[at].parent) work[at] = 1;
    std::optional<Stranded> stranded;
    std::size_t count = 0;
    for (Number number = 0; number < entries_.size(); ++number) {
        const Entry& entry = entries_[number];
        if (!IsFound(number) || work[number] > 0) continue;
        ++count;
        if (IsFound(entry.parent) || (stranded && stranded->first < entry.position)) continue;
        stranded = {0, entry.position, entry.hash, entries_[entry.parent].hash};
    }
    if (stranded) stranded->count = count;
    return stranded;
}

}  // namespace amber::daemon_client
