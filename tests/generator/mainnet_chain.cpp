#include "tests/generator/mainnet_chain.h"

#include <algorithm>

namespace amber::generator {
namespace {

constexpr std::uint64_t kBlockBytes = 1'063'000;
constexpr std::uint64_t kWeightLimit = kMaxBlockWeight - 200'000;
constexpr std::uint64_t kWellStocked = 30'000;  // spendable outputs; below, transactions fan out
constexpr std::uint32_t kServices = 10'000;     // scripts of the heavy tail
constexpr std::uint64_t kRecent = 1'000;        // transactions

/// The kind of a script follows from its id, so that a script keeps its kind when reused.
ScriptSpec SpecOf(std::uint32_t id) {
    const double u = static_cast<double>(Random::Mix(id) >> 40) * 0x1.0p-24;
    if (u < 0.19) return {ScriptKind::bare_drop, id};
    if (u < 0.30) return {ScriptKind::p2sh, id};
    if (u < 0.79) return {ScriptKind::p2wsh, id};
    if (u < 0.83) return {ScriptKind::p2pkh, id};
    if (u < 0.90) return {ScriptKind::p2wpkh, id};
    if (u < 0.985) return {ScriptKind::p2tr, id};
    return {ScriptKind::data, id};
}

std::uint32_t PickOutputCount(Random& random) {
    const double u = random.Unit();
    if (u < 0.14) return 1;
    if (u < 0.74) return 2;
    if (u < 0.90) return static_cast<std::uint32_t>(random.Between(3, 6));
    return static_cast<std::uint32_t>(6 + random.LogUniform(70));
}

std::uint32_t PickInputCount(Random& random) {
    const double u = random.Unit();
    if (u < 0.60) return 1;
    if (u < 0.80) return 2;
    if (u < 0.93) return static_cast<std::uint32_t>(random.Between(3, 5));
    return static_cast<std::uint32_t>(5 + random.LogUniform(25));
}

}  // namespace

std::uint32_t MainnetChain::BlockCount(std::uint64_t bytes) {
    return kCoinbaseMaturity +
           static_cast<std::uint32_t>(std::max<std::uint64_t>(bytes / kBlockBytes, 1));
}

MainnetChain::MainnetChain(const MainnetOptions& options)
    : options_(options),
      block_count_(BlockCount(options.bytes)),
      random_(options.seed),
      blocks_(options.first_time),
      first_output_{0},
      next_script_id_(kServices) {
    for (std::uint32_t id = 1; id <= 3; ++id) landmarks_.hot_scripts.push_back(SpecOf(id));
}

std::optional<Bytes> MainnetChain::Next() {
    const auto height = blocks_.NextHeight();
    if (height > block_count_) return std::nullopt;
    if (height > kCoinbaseMaturity) {
        // One matured coinbase a block joins what can be spent.
        const auto& [txid, payout] = coinbases_[height - kCoinbaseMaturity - 1];
        new_outputs_ = {{payout.value, payout.script.id, true}};
        Record(txid);
        while (blocks_.ByteSize() < kBlockBytes && blocks_.Weight() < kWeightLimit)
            AddTransaction();
    }
    while (!IsSpendable(SpecOf(next_script_id_).kind)) ++next_script_id_;
    const BlockBuilder::Payout payout{blocks_.Reward(), SpecOf(next_script_id_++)};
    auto block = blocks_.Finish({payout}, true, 0);
    coinbases_.emplace_back(block.coinbase, payout);
    ++totals_.txs;
    ++totals_.blocks;
    ++totals_.outputs;  // the commitment
    totals_.CountOutput(payout.script, payout.value);
    totals_.bytes += block.raw.size();
    return std::move(block.raw);
}

void MainnetChain::AddTransaction() {
    const bool well_stocked = unspent_ > kWellStocked;
    tx_.Start();
    std::vector<std::uint32_t> spent;
    const auto wanted = well_stocked ? PickInputCount(random_) : 1;
    for (std::uint32_t i = 0; i < wanted; ++i)
        if (!SpendOne(spent)) break;
    while (spent.empty()) SpendOne(spent);
    std::uint64_t in_value = 0;
    for (const auto number : spent) in_value += outputs_[number].value;

    const auto count = well_stocked ? PickOutputCount(random_) : 500u;
    const auto fee = std::min<std::uint64_t>(in_value / 100, 200 * random_.Between(1, 20));
    auto left = in_value - fee;
    new_outputs_.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto id = PickScript();
        const auto spec = SpecOf(id);
        std::uint64_t value = left;
        if (i + 1 < count) value = random_.Below(2 * left / (count - i) + 1);
        // Where nothing can be spent from, little is put.
        if (!IsSpendable(spec.kind)) value = std::min<std::uint64_t>(value, 20'000);
        if (spec.kind == ScriptKind::data) value = 0;
        left -= value;
        tx_.AddOutput(value, spec);
        totals_.CountOutput(spec, value);
        new_outputs_.push_back({value, id, IsSpendable(spec.kind)});
    }
    ++totals_.txs;
    Record(blocks_.Add(tx_, fee + left).txid);
}

bool MainnetChain::SpendOne(std::vector<std::uint32_t>& spent) {
    const std::uint64_t count = txids_.size();
    const auto window = std::min(kRecent, count);
    for (int attempt = 0; attempt < 8; ++attempt) {
        auto age = random_.Between(1, window);
        if (random_.Chance(0.5) && count > kRecent)
            age = kRecent * random_.LogUniform(count / kRecent);
        // The first transaction from there on that has something left.
        for (auto tx = count - age; tx < std::min(count, count - age + 32); ++tx) {
            for (auto number = first_output_[tx]; number < first_output_[tx + 1]; ++number) {
                auto& output = outputs_[number];
                if (!output.spendable) continue;
                output.spendable = false;
                --unspent_;
                tx_.AddInput({txids_[tx], number - first_output_[tx], output.value,
                              SpecOf(output.script_id)},
                             random_.Next());
                totals_.CountSpend(output.value);
                spent.push_back(number);
                return true;
            }
        }
    }
    return false;
}

void MainnetChain::Record(const Txid& txid) {
    txids_.push_back(txid);
    for (const auto& output : new_outputs_) unspent_ += output.spendable;
    outputs_.insert(outputs_.end(), new_outputs_.begin(), new_outputs_.end());
    first_output_.push_back(static_cast<std::uint32_t>(outputs_.size()));
}

std::uint32_t MainnetChain::PickScript() {
    const double u = random_.Unit();
    if (u < 0.42 || outputs_.empty()) return next_script_id_++;
    if (u < 0.57) return static_cast<std::uint32_t>(random_.LogUniform(kServices));
    const auto age =
        u < 0.8 ? random_.LogUniform(outputs_.size()) : random_.Between(1, outputs_.size());
    return outputs_[outputs_.size() - age].script_id;
}

}  // namespace amber::generator
