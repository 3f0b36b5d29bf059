#include "tests/generator/busy_chain.h"

#include <algorithm>

namespace amber::generator {
namespace {

constexpr std::uint32_t kTxsPerBlock = 5'000;  // 0.8 MB
constexpr ScriptSpec kBusy{ScriptKind::bare_drop, 1}, kMiner{ScriptKind::bare_drop, 2};

}  // namespace

std::uint32_t BusyChain::BlockCount(std::uint32_t txs) {
    return kCoinbaseMaturity + (std::max(txs, 2u) - 1 + kTxsPerBlock - 1) / kTxsPerBlock;
}

BusyChain::BusyChain(const BusyOptions& options)
    : left_(std::max(options.txs, 2u)), blocks_(options.first_time) {
    landmarks_.hot_scripts = {kBusy};
}

std::optional<Bytes> BusyChain::Next() {
    if (left_ == 0) return std::nullopt;
    const std::uint32_t height = blocks_.NextHeight();
    if (height > kCoinbaseMaturity)
        for (std::uint32_t i = 0; i < kTxsPerBlock && left_ > 0; ++i) AddTransaction();
    const BlockBuilder::Payout payout{blocks_.Reward(), height == 1 ? kBusy : kMiner};
    auto block = blocks_.Finish({payout}, true, 0);
    if (height == 1) {
        coin_ = {block.coinbase, 0, payout.value, payout.script};
        --left_;
    }
    ++totals_.txs;
    ++totals_.blocks;
    ++totals_.outputs;  // the commitment
    totals_.CountOutput(payout.script, payout.value);
    totals_.bytes += block.raw.size();
    return std::move(block.raw);
}

void BusyChain::AddTransaction() {
    tx_.Start();
    tx_.AddInput(coin_, left_);
    totals_.CountSpend(coin_.value);
    tx_.AddOutput(coin_.value, kBusy);
    totals_.CountOutput(kBusy, coin_.value);
    ++totals_.txs;
    coin_.txid = blocks_.Add(tx_, 0).txid;
    --left_;
}

}  // namespace amber::generator
