#include "index/fork_search.h"

#include <algorithm>

namespace amber::index {

NodeResult<std::optional<Height>> FindFork(BlockFeed& node, Height tip,
                                           const std::function<BlockHash(Height)>& hash_at) {
    std::uint32_t end = tip.value + 1;  // heights from here on are known to differ
    for (std::uint32_t window = 2; end > 0; window *= 2) {
        const std::uint32_t begin = end - std::min(end, window);
        const auto theirs = node.Hashes({begin}, end - begin);
        if (!theirs) return theirs.error();
        // Their chain may end below ours: what it lacks differs.
        for (std::size_t i = theirs->size(); i-- > 0;) {
            const Height height{begin + static_cast<std::uint32_t>(i)};
            if ((*theirs)[i] == hash_at(height)) return std::optional(height);
        }
        end = begin;
    }
    return std::optional<Height>();
}

}  // namespace amber::index
