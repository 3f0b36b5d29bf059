#include "index/query/block_heights.h"

namespace amber::index {

std::optional<Height> BlockHeights::Find(const BlockHash& hash, const Chain& chain) {
    std::unique_lock lock(mutex_, std::defer_lock);
    if (chain.reach == store::Reach::disk)
        lock.lock();
    else if (!lock.try_lock() || heights_.empty())
        throw store::NotInMemory();
    Extend(chain);
    const auto found = heights_.find(NameOf(hash));
    if (found == heights_.end()) return std::nullopt;
    const Height height{found->second};
    if (height > chain.tip || chain.hash_at(height) != hash) return std::nullopt;
    return height;
}

bool BlockHeights::Knows(const BlockHash& hash, Height height) const {
    const auto found = heights_.find(NameOf(hash));
    return found != heights_.end() && found->second == height.value;
}

void BlockHeights::Extend(const Chain& chain) {
    if (heights_.empty()) {
        const auto hashes = chain.all();
        heights_.reserve(hashes.size());
        for (std::uint32_t h = 0; h < hashes.size(); ++h) heights_.emplace(NameOf(hashes[h]), h);
        return;
    }
    // Down from the tip to the first that is known. All are read before one is added: to know a
    // block is to know those below.
    std::vector<BlockHash> fresh;
    for (std::uint32_t h = chain.tip.value;; --h) {
        const BlockHash hash = chain.hash_at({h});
        if (Knows(hash, {h}) || h == 0) break;
        fresh.push_back(hash);
    }
    for (std::uint32_t h = chain.tip.value; const BlockHash& hash : fresh)
        heights_.insert_or_assign(NameOf(hash), h--);
}

}  // namespace amber::index
