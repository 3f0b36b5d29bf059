// busy_script [TRANSACTIONS...]: what the status of a script costs that has so many (1000, 100000
// and 1000000, if none is named): the first time, and after a block with one more. All scripts are
// in one index; no node, no server. Prints one line of JSON for each, in CPU time.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>

#include "index/query/query.h"
#include "tests/index/block_maker.h"
#include "tests/index/open_index.h"

namespace amber::bench {
namespace {

using index::BlockProcessor;

constexpr std::size_t kBlocks = 500;  ///< over which the transactions are spread
constexpr std::uint32_t kReorgLimit = 200;
constexpr int kRounds = 101;

/// CPU time of this thread: others may be busy too.
double CpuMicroseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// A script whose every transaction spends an output of its own and pays back to itself.
struct BusyScript {
    std::uint32_t id = 0;
    std::size_t wanted = 0, txs = 0;
    std::deque<index::OutPoint> coins{};
    std::vector<double> one_more_us{};
    double first_us = 0;

    [[nodiscard]] index::ScriptHash Hash() const {
        return index::AnyScriptHash(index::HashXOf(id));
    }
    void Spend(std::uint32_t salt, std::vector<index::RawTx>& block) {
        block.push_back(index::Spend({coins.front()}, {index::Pay(id, 1)}, salt));
        coins.pop_front();
        coins.push_back(index::OutputOf(block.back()));
        ++txs;
    }
};

class BusyIndex {
public:
    explicit BusyIndex(std::vector<BusyScript>& scripts)
        : scripts_(scripts), index_(index::Regtest(), folder_.Path(), kReorgLimit) {
        Connect(*index::GenesisBlock());
        for (BusyScript& script : scripts_) {
            const std::size_t width = script.wanted / kBlocks + 1;
            const auto coinbase =
                index::Coinbase(++salt_, std::vector(width, index::Pay(script.id, 1)));
            Connect(*index::MakeBlock(tip_, {coinbase}));
            for (std::uint32_t i = 0; i < width; ++i)
                script.coins.push_back(index::OutputOf(coinbase, i));
            script.txs = 1;
        }
        for (std::size_t block = 1; block <= kBlocks; ++block)
            Mine([&](const BusyScript& script) { return script.wanted * block / kBlocks; });
    }
    /// A block after which each script has as many transactions as that.
    template <class Until>
    void Mine(Until until) {
        std::vector<index::RawTx> txs{index::Coinbase(++salt_, {index::Pay(0, 1)})};
        for (BusyScript& script : scripts_)
            while (script.txs < until(script)) script.Spend(salt_, txs);
        Connect(*index::MakeBlock(tip_, txs, salt_));
    }
    void MineOneMoreOfEach() {
        Mine(
            [](const BusyScript& script) { return script.wanted + 1 + script.one_more_us.size(); });
    }
    [[nodiscard]] index::ViewPtr View() { return index_.MakeView(); }

private:
    void Connect(const index::Block& block) {
        tip_ = block.hash;
        index_.processor.Connect(block, BlockProcessor::Undo::keep);
        index_.processor.Flush();
    }

    std::vector<BusyScript>& scripts_;
    index::TempFolder folder_;
    index::OpenIndex index_;
    index::BlockHash tip_;
    std::uint32_t salt_ = 1;
};

void Measure(std::vector<BusyScript> scripts) {
    BusyIndex busy(scripts);
    for (BusyScript& script : scripts) {
        const double start = CpuMicroseconds();
        (void)index::Query(busy.View(), index::store::Reach::disk).GetStatus(script.Hash());
        script.first_us = CpuMicroseconds() - start;
    }
    for (int round = 0; round < kRounds; ++round) {
        busy.MineOneMoreOfEach();
        const auto view = busy.View();
        // The first to read a new view pays for what all need.
        (void)index::Query(view, index::store::Reach::disk).GetStatus({});
        for (std::size_t i = 0; i < scripts.size(); ++i) {
            BusyScript& script = scripts[(static_cast<std::size_t>(round) + i) % scripts.size()];
            index::Query query(view, index::store::Reach::disk);
            const double start = CpuMicroseconds();
            (void)query.GetStatus(script.Hash());
            script.one_more_us.push_back(CpuMicroseconds() - start);
        }
    }
    for (BusyScript& script : scripts) {
        auto& times = script.one_more_us;
        std::sort(times.begin(), times.end());
        std::printf(
            "{\"txs\":%zu,\"first_ms\":%.2f,\"one_more_us\":%.2f,\"one_more_p90_us\":%.2f}\n",
            script.wanted, script.first_us / 1000, times[times.size() / 2],
            times[times.size() * 9 / 10]);
    }
}

}  // namespace
}  // namespace amber::bench

int main(int argc, char** argv) {
    std::vector<amber::bench::BusyScript> scripts;
    const auto add = [&](std::size_t txs) {
        scripts.push_back({.id = static_cast<std::uint32_t>(scripts.size()) + 1, .wanted = txs});
    };
    for (int i = 1; i < argc; ++i) add(std::strtoull(argv[i], nullptr, 10));
    if (scripts.empty())
        for (const std::size_t txs : {1'000, 100'000, 1'000'000}) add(txs);
    amber::bench::Measure(std::move(scripts));
}
