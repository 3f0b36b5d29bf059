#include "index/mempool/fee_histogram.h"

#include <functional>
#include <map>

namespace amber::index {

FeeHistogram MakeFeeHistogram(const std::vector<FeeAndSize>& txs, std::uint64_t first_bin) {
    std::map<Amount, std::uint64_t, std::greater<>> size_of_rate;  // in tenths of sat/vB
    for (const auto& tx : txs)
        if (tx.vsize > 0) size_of_rate[10 * tx.fee / tx.vsize] += tx.vsize;

    FeeHistogram histogram;
    double bin = static_cast<double>(first_bin);
    std::uint64_t sum = 0;
    Amount last_rate = 0;
    const auto emit = [&](Amount rate) {
        histogram.emplace_back(static_cast<double>(rate) / 10, sum);
        sum = 0;
        bin *= 1.1;
    };
    for (const auto& [rate, size] : size_of_rate) {
        // A large lump of one rate must not hide what was gathered above it.
        if (sum > 0 && static_cast<double>(size) > 2 * bin) emit(last_rate);
        sum += size;
        if (static_cast<double>(sum) > bin) emit(rate);
        last_rate = rate;
    }
    return histogram;
}

}  // namespace amber::index
