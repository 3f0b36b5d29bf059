#include "tests/generator/prefix_collider.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <tuple>

#include "index/chain/sha256.h"

namespace amber::generator {
namespace {

struct Candidate {
    std::uint64_t prefix;
    std::uint32_t transaction, lock_time;
};

/// Hashes one transaction with the lock times [first, first + count).
void AppendCandidates(Bytes tx, std::uint32_t transaction, std::uint32_t first, std::uint32_t count,
                      unsigned prefix_bytes, std::vector<Candidate>& out) {
    constexpr std::uint32_t kLanes = 32;
    std::vector<Bytes> copies(kLanes, tx);
    std::array<std::array<std::uint8_t, 32>, kLanes> hashes;
    std::array<index::HashJob, kLanes> jobs;
    for (std::uint32_t lane = 0; lane < kLanes; ++lane)
        jobs[lane] = {{copies[lane], {}, {}}, hashes[lane].data()};
    for (std::uint32_t done = 0; done < count; done += kLanes) {
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            const std::uint32_t lock_time = first + done + lane;
            auto* tail = copies[lane].data() + copies[lane].size() - 4;
            for (int byte = 0; byte < 4; ++byte)
                tail[byte] = static_cast<std::uint8_t>(lock_time >> (8 * byte));
        }
        index::Sha256dMany(jobs);
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            std::uint64_t prefix = 0;
            std::memcpy(&prefix, hashes[lane].data(), prefix_bytes);
            out.push_back({prefix, transaction, first + done + lane});
        }
    }
}

/// Pairs of neighbours in the sorted candidates, no transaction twice.
std::vector<PrefixCollision> PickPairs(const std::vector<Candidate>& sorted, std::size_t tx_count,
                                       std::size_t wanted) {
    std::vector<PrefixCollision> pairs;
    std::vector<bool> used(tx_count);
    for (std::size_t i = 1; i < sorted.size() && pairs.size() < wanted; ++i) {
        const auto &a = sorted[i - 1], &b = sorted[i];
        if (a.prefix != b.prefix || a.transaction == b.transaction) continue;
        if (used[a.transaction] || used[b.transaction]) continue;
        used[a.transaction] = used[b.transaction] = true;
        pairs.push_back({a.transaction, b.transaction, a.lock_time, b.lock_time});
    }
    return pairs;
}

}  // namespace

std::vector<PrefixCollision> FindPrefixCollisions(const std::vector<Bytes>& stripped,
                                                  unsigned prefix_bytes, std::size_t wanted) {
    if (stripped.empty() || prefix_bytes == 0 || prefix_bytes > 5) std::abort();
    std::vector<Candidate> candidates;
    std::vector<PrefixCollision> pairs;
    // Each round adds about as many candidates as bring one pair on their own.
    const auto per_round = (std::uint64_t{3} << (4 * prefix_bytes)) / 2;
    const auto per_tx = static_cast<std::uint32_t>(per_round / stripped.size() / 32 + 1) * 32;
    for (std::uint32_t first = 0; pairs.size() < wanted; first += per_tx) {
        for (std::uint32_t tx = 0; tx < stripped.size(); ++tx)
            AppendCandidates(stripped[tx], tx, first, per_tx, prefix_bytes, candidates);
        std::sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
            return std::tie(a.prefix, a.transaction, a.lock_time) <
                   std::tie(b.prefix, b.transaction, b.lock_time);
        });
        pairs = PickPairs(candidates, stripped.size(), wanted);
    }
    return pairs;
}

}  // namespace amber::generator
