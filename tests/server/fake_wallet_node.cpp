#include "tests/server/fake_wallet_node.h"

#include <algorithm>

namespace amber::test {
namespace {

std::string Join(const std::vector<std::string>& texts) {
    std::string joined;
    for (const std::string& text : texts) joined += ' ' + text;
    return joined;
}

std::string Where(const std::optional<index::BlockHash>& block) {
    return block ? ToDisplayHex(*block) : "-";
}

}  // namespace

index::NodeError Refused(int code, const std::string& message) {
    return {index::NodeError::Kind::refused, code, message};
}

void FakeWalletNode::Set(const std::string& call, index::NodeResult<std::string> answer) {
    const std::lock_guard lock(mutex_);
    answers_.insert_or_assign(call, std::move(answer));
}

void FakeWalletNode::Hold() {
    const std::lock_guard lock(mutex_);
    holding_ = true;
}

void FakeWalletNode::Release() {
    std::deque<std::function<void()>> held;
    {
        const std::lock_guard lock(mutex_);
        holding_ = false;
        held.swap(held_);
    }
    for (const auto& answer : held) answer();
}

std::vector<std::string> FakeWalletNode::Calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
}

std::size_t FakeWalletNode::CountCalls(const std::string& prefix) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(calls_.begin(), calls_.end(),
                      [&](const std::string& call) { return call.starts_with(prefix); }));
}

void FakeWalletNode::Later(const std::string& call, std::function<void()> answer) {
    {
        const std::lock_guard lock(mutex_);
        calls_.push_back(call);
        if (holding_) {
            held_.push_back(std::move(answer));
            return;
        }
    }
    answer();
}

void FakeWalletNode::Answer(const std::string& call, Text done) {
    Later(call, [this, call, done = std::move(done)] {
        index::NodeResult<std::string> answer =
            Refused(-5, "No such mempool transaction. Use -txindex or provide a block hash.");
        {
            const std::lock_guard lock(mutex_);
            if (const auto found = answers_.find(call); found != answers_.end())
                answer = found->second;
        }
        done(answer);
    });
}

void FakeWalletNode::Broadcast(std::string raw_tx_hex, Text done) {
    Answer("broadcast " + raw_tx_hex, std::move(done));
}

void FakeWalletNode::BroadcastPackage(std::vector<std::string> raw_tx_hex, Text done) {
    Answer("package" + Join(raw_tx_hex), std::move(done));
}

void FakeWalletNode::TestAccept(std::vector<std::string> raw_tx_hex, Text done) {
    Answer("test" + Join(raw_tx_hex), std::move(done));
}

void FakeWalletNode::EstimateFee(int blocks, std::string mode, Callback<double> done) {
    Later("estimate " + std::to_string(blocks) + ' ' + mode,
          [this, done = std::move(done)] { done(estimate_.load()); });
}

void FakeWalletNode::GetFeeFloors(Callback<FeeFloors> done) {
    Later("floors", [this, done = std::move(done)] { done(floors_); });
}

void FakeWalletNode::RawTransaction(index::Txid txid, std::optional<Place> place, Text done) {
    const std::string where =
        place ? Where(place->block) + ' ' + std::to_string(place->position) : Where({});
    Answer("raw " + ToDisplayHex(txid) + ' ' + where, std::move(done));
}

void FakeWalletNode::VerboseTransaction(index::Txid txid, std::optional<index::BlockHash> block,
                                        Text done) {
    Answer("verbose " + ToDisplayHex(txid) + ' ' + Where(block), std::move(done));
}

}  // namespace amber::test
