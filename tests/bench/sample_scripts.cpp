// sample_scripts FILE OUT [COUNT [SEED]]: chooses scripts uniformly over the distinct scripts of a
// block file (regtest, bootstrap format, from genesis) and works out, independently of the index,
// what a server must answer for each. Two passes over the file; memory for the sample only.
#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <queue>

#include "index/chain/coin.h"
#include "index/chain/hex.h"
#include "index/chain/sha256.h"
#include "tests/bench/script_sample.h"
#include "tests/support/block_file.h"

namespace amber::bench {
namespace {

using index::Block;
using index::HashX;

/// Calls visit(block, height) for every block of the file.
template <class Visit>
void ForEachBlock(const char* path, const index::Codec& codec, Visit visit) {
    test::BlockFile file(path);
    index::Bytes raw;
    for (std::uint32_t height = 0; file.Next(raw); ++height) {
        Block block = codec.ParseBlock(std::move(raw)).value();
        visit(block, height);
        raw = std::move(block.raw);
    }
}

/// A random number for each script: the sample is the scripts with the smallest ones, which is
/// uniform over distinct scripts however often each occurs.
std::uint64_t Lot(const HashX& script, std::uint64_t seed) {
    std::uint64_t x = std::hash<HashX>{}(script) ^ (seed * 0x9e3779b97f4a7c15ull);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

/// Keeps the scripts with the `count` smallest lots.
class Lottery {
public:
    Lottery(std::size_t count, std::uint64_t seed) : count_(count), seed_(seed) {}

    void Add(const HashX& script) {
        const std::uint64_t lot = Lot(script, seed_);
        if (kept_.size() == count_ && lot >= kept_.top().first) return;
        if (!members_.insert(script).second) return;
        kept_.emplace(lot, script);
        if (kept_.size() <= count_) return;
        members_.erase(kept_.top().second);
        kept_.pop();
    }

    /// In the order of their lots, which is random.
    std::vector<HashX> Draw() {
        std::vector<HashX> drawn;
        for (; !kept_.empty(); kept_.pop()) drawn.push_back(kept_.top().second);
        std::ranges::reverse(drawn);
        return drawn;
    }

private:
    std::size_t count_;
    std::uint64_t seed_;
    std::priority_queue<std::pair<std::uint64_t, HashX>> kept_;
    boost::unordered_flat_set<HashX, std::hash<HashX>> members_;
};

/// Follows the chosen scripts through the chain.
class Follower {
public:
    Follower(const index::Codec& codec, const std::vector<HashX>& chosen) : codec_(codec) {
        for (std::uint32_t i = 0; i < chosen.size(); ++i) place_.emplace(chosen[i], i);
        scripts_.resize(chosen.size());
        known_.resize(chosen.size());
        histories_.resize(chosen.size());
    }

    void Add(const Block& block, std::uint32_t height) {
        for (const Block::Tx& tx : block.txs) {
            touched_.clear();
            for (std::uint32_t i = 0; i < tx.input_count; ++i)
                Spend(block.inputs[tx.first_input + i]);
            for (std::uint32_t i = 0; i < tx.output_count; ++i) Create(block, tx, i);
            WriteHistory(tx.txid, height);
        }
    }

    std::vector<SampledScript> Finish() {
        for (std::size_t i = 0; i < scripts_.size(); ++i)
            histories_[i].Finish(scripts_[i].status.bytes.data());
        return std::move(scripts_);
    }

private:
    struct Coin {
        std::uint32_t script = 0;
        index::Amount value = 0;
    };

    void Spend(const index::OutPoint& outpoint) {
        const auto coin = coins_.find(outpoint);
        if (coin == coins_.end()) return;
        SampledScript& script = scripts_[coin->second.script];
        script.utxos -= 1;
        script.balance -= coin->second.value;
        touched_.push_back(coin->second.script);
        coins_.erase(coin);
    }

    void Create(const Block& block, const Block::Tx& tx, std::uint32_t index) {
        const Block::Output& output = block.outputs[tx.first_output + index];
        const auto found = output.indexed ? place_.find(output.hash_x) : place_.end();
        if (found == place_.end()) return;
        SampledScript& script = scripts_[found->second];
        if (!known_[found->second]) {  // blocks carry only the beginning of a script hash
            const auto whole = codec_.ParseTransaction(block.RawTx(tx)).value();
            script.hash = whole.outputs[index].script_hash;
            known_[found->second] = true;
        }
        script.utxos += 1;
        script.balance += output.value;
        touched_.push_back(found->second);
        coins_.emplace(index::OutPoint{tx.txid, index}, Coin{found->second, output.value});
    }

    void WriteHistory(const index::Txid& txid, std::uint32_t height) {
        if (touched_.empty()) return;
        std::ranges::sort(touched_);
        const auto repeated = std::ranges::unique(touched_);
        touched_.erase(repeated.begin(), repeated.end());
        const std::string text = index::ToDisplayHex(txid) + ":" + std::to_string(height) + ":";
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
        for (const std::uint32_t script : touched_) {
            scripts_[script].txs += 1;
            histories_[script].Update({bytes, text.size()});
        }
    }

    const index::Codec& codec_;
    boost::unordered_flat_map<HashX, std::uint32_t, std::hash<HashX>> place_;
    boost::unordered_flat_map<index::OutPoint, Coin, std::hash<index::OutPoint>> coins_;
    std::vector<SampledScript> scripts_;
    std::vector<bool> known_;  ///< whose whole hash has been seen
    std::vector<index::Sha256> histories_;
    std::vector<std::uint32_t> touched_;  ///< by the present transaction
};

ScriptSample Sample(const char* path, std::size_t count, std::uint64_t seed) {
    const index::Codec& codec = *index::FindCoin("bitcoin", "regtest")->codec;
    ScriptSample sample;
    Lottery lottery(count, seed);
    ForEachBlock(path, codec, [&](const Block& block, std::uint32_t height) {
        sample.headers.push_back(index::ToHex(block.Header()));
        if (height == 0) return;  // nobody can spend the genesis coinbase, nobody indexes it
        for (const Block::Output& output : block.outputs)
            if (output.indexed) lottery.Add(output.hash_x);
    });
    Follower follower(codec, lottery.Draw());
    ForEachBlock(path, codec, [&](const Block& block, std::uint32_t height) {
        if (height > 0) follower.Add(block, height);
    });
    sample.scripts = follower.Finish();
    return sample;
}

}  // namespace
}  // namespace amber::bench

int main(int argc, char** argv) try {
    if (argc < 3 || argc > 5) {
        std::fprintf(stderr, "usage: sample_scripts FILE OUT [COUNT [SEED]]\n");
        return 2;
    }
    const std::size_t count = argc > 3 ? std::stoull(argv[3]) : 200'000;
    const std::uint64_t seed = argc > 4 ? std::stoull(argv[4]) : 1;
    const auto sample = amber::bench::Sample(argv[1], count, seed);
    amber::bench::WriteSample(sample, argv[2]);
    std::uint64_t txs = 0;
    std::uint32_t most = 0;
    for (const auto& script : sample.scripts) {
        txs += script.txs;
        most = std::max(most, script.txs);
    }
    std::printf(
        "{\"scripts\":%zu,\"seed\":%lu,\"headers\":%zu,\"history_entries\":%lu,"
        "\"longest_history\":%u}\n",
        sample.scripts.size(), seed, sample.headers.size(), txs, most);
} catch (const std::exception& error) {
    std::fprintf(stderr, "sample_scripts: %s\n", error.what());
    return 1;
}
