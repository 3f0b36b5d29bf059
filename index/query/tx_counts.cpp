#include "index/query/tx_counts.h"

#include <algorithm>

#include "index/sole_owner.h"

namespace amber::index {

Height TxCounts::HeightOf(TxNum num) const {
    // The last chunk whose predecessor ends at or below num, then within it.
    const auto chunk = std::partition_point(chunks_.begin(), chunks_.end(),
                                            [&](const auto& c) { return c->back() <= num.value; });
    const auto inside = std::upper_bound((*chunk)->begin(), (*chunk)->end(), num.value);
    return {static_cast<std::uint32_t>((chunk - chunks_.begin()) * kChunk +
                                       (inside - (*chunk)->begin()))};
}

void TxCounts::Append(std::uint64_t total) {
    if (size_ % kChunk == 0) {
        chunks_.push_back(std::make_shared<Chunk>());
        chunks_.back()->reserve(kChunk);
    } else {
        OwnLastChunk();
    }
    chunks_.back()->push_back(total);
    ++size_;
}

void TxCounts::Truncate(std::uint32_t size) {
    size_ = size;
    chunks_.resize((size + kChunk - 1) / kChunk);
    if (size % kChunk == 0) return;
    OwnLastChunk();
    chunks_.back()->resize(size % kChunk);
}

void TxCounts::OwnLastChunk() {
    auto& last = chunks_.back();
    if (IsSoleOwner(last)) return;
    auto copy = std::make_shared<Chunk>();
    copy->reserve(kChunk);
    copy->assign(last->begin(), last->end());
    last = std::move(copy);
}

}  // namespace amber::index
