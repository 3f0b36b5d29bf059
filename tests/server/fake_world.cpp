#include "tests/server/fake_world.h"

#include "index/chain/sha256.h"

namespace amber::test {

std::optional<index::StatusHash> StatusOf(const std::vector<index::HistoryEntry>& history) {
    if (history.empty()) return std::nullopt;
    std::string text;
    for (const auto& entry : history)
        text += ToDisplayHex(entry.txid) + ':' + std::to_string(entry.height) + ':';
    return index::Sha256As<index::StatusHash>(
        {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

namespace {

template <class Hash>
Hash Make(std::string text) {
    return index::Sha256As<Hash>({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace

ScriptHash MakeScript(unsigned number) {
    return Make<ScriptHash>("script " + std::to_string(number));
}

Txid MakeTxid(unsigned number) { return Make<Txid>("tx " + std::to_string(number)); }

FakeWorld::FakeWorld() { Mine(); }

void FakeWorld::Mine(std::vector<Txid> txids) {
    const std::size_t height = draft_.headers.size();
    txids.insert(txids.begin(), Make<Txid>("coinbase " + std::to_string(height)));
    index::Bytes header(80, static_cast<std::uint8_t>(height));
    header[0] = static_cast<std::uint8_t>(height >> 8);
    draft_.tip.height = {static_cast<std::uint32_t>(height)};
    draft_.tip.hash = index::Sha256dAs<index::BlockHash>(header);
    draft_.tip.tx_count += txids.size();
    draft_.headers.push_back(std::move(header));
    draft_.blocks.push_back(std::move(txids));
}

void FakeWorld::Add(const ScriptHash& script, const Txid& txid, std::int32_t height,
                    index::Amount fee) {
    draft_.history[script].push_back(
        {.txid = txid, .height = height, .confirmed = height > 0, .fee = fee});
}

index::ViewPtr FakeWorld::Publish() {
    draft_.serial = ++serial_;
    published_tip_ = draft_.tip;
    return std::make_shared<FakeView>(draft_);
}

std::shared_ptr<const index::Announcement> FakeWorld::Announce(
    const std::vector<ScriptHash>& touched, std::vector<Txid> touched_txs) {
    auto announcement = std::make_shared<index::Announcement>();
    announcement->tip_changed = published_tip_ != draft_.tip;
    announcement->view = Publish();
    for (const ScriptHash& script : touched)
        announcement->touched.push_back(index::ToHashX(script));
    announcement->touched_txs = std::move(touched_txs);
    return announcement;
}

}  // namespace amber::test
