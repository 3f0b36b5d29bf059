#include "index/spent_outputs.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "index/lookup.h"
#include "index/tables/h_table.h"

namespace amber::index {

namespace {

/// So many at a time, and a thread for each: fewer are not worth a thread.
constexpr std::size_t kAtOnce = 64;
/// Deep enough for a disk (limits.md, section Q0).
constexpr std::size_t kThreads = 8;

}  // namespace

std::vector<std::optional<UnspentOutput>> FindSpentOutputs(const store::Store& store,
                                                           const std::vector<OutPoint>& outpoints) {
    std::vector<std::optional<UnspentOutput>> found(outpoints.size());
    // Neighbours in the table one after the other, so that what leads to them is at hand.
    std::vector<std::pair<tables::FixedKey<tables::kHKeySize>, std::size_t>> order;
    order.reserve(outpoints.size());
    for (std::size_t i = 0; i < outpoints.size(); ++i)
        order.emplace_back(tables::HPrefix(outpoints[i]), i);
    std::sort(order.begin(), order.end());
    const store::Reader reader(store, store::Reach::disk);
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr failure;  // guarded by mutex
    const auto work = [&] {
        try {
            auto h = reader.Prefixed(store::Table::h);
            for (std::size_t first; (first = next.fetch_add(kAtOnce)) < outpoints.size();) {
                const std::size_t end = std::min(first + kAtOnce, outpoints.size());
                for (std::size_t at = first; at < end; ++at) {
                    const std::size_t i = order[at].second;
                    found[i] = FindUnspent(reader, h, outpoints[i], Certainty::trust_single);
                }
            }
        } catch (...) {
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
        }
    };
    {
        const std::size_t threads = std::min(kThreads, outpoints.size() / kAtOnce);
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
        if (!outpoints.empty()) work();
    }
    if (failure) std::rethrow_exception(failure);
    return found;
}

}  // namespace amber::index
