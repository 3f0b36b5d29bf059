#include "index/mempool/mempool.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace amber::index {

namespace {

constexpr std::size_t kFetchAtOnce = 1000;
constexpr auto kHistogramPeriod = std::chrono::seconds(10);
/// Below this many transactions the histogram costs so little that it is never old.
constexpr std::size_t kSmallMempool = 5000;

/// The canonical order of a script's unconfirmed transactions (protocol.md 4.2).
bool Before(const MempoolTx& a, const MempoolTx& b) {
    if (a.has_unconfirmed_inputs != b.has_unconfirmed_inputs) return b.has_unconfirmed_inputs;
    return std::lexicographical_compare(a.txid.bytes.rbegin(), a.txid.bytes.rend(),
                                        b.txid.bytes.rbegin(), b.txid.bytes.rend());
}

/// The scripts of a transaction, each once.
std::vector<HashX> ScriptsOf(const MempoolTx& tx) {
    std::vector<HashX> scripts;
    for (const auto& input : tx.inputs)
        if (input.indexed) scripts.push_back(input.hash_x);
    for (const auto& output : tx.outputs)
        if (output.indexed) scripts.push_back(output.hash_x);
    std::sort(scripts.begin(), scripts.end());
    scripts.erase(std::unique(scripts.begin(), scripts.end()), scripts.end());
    return scripts;
}

MempoolTx FromTransaction(const Transaction& tx) {
    MempoolTx made;
    made.txid = tx.txid;
    made.vsize = tx.vsize;
    for (const OutPoint& prevout : tx.inputs)
        made.inputs.push_back({.prevout = prevout, .hash_x = {}});
    for (const auto& output : tx.outputs)
        made.outputs.push_back({ToHashX(output.script_hash), output.value, output.indexed});
    return made;
}

}  // namespace

/// A transaction on its way in.
struct Mempool::Candidate {
    MempoolTx tx;
    std::vector<Txid> children;  ///< candidates that wait for this one
    std::size_t missing_parents = 0;
};

Mempool::Mempool(const Codec& codec, FindConfirmed find_confirmed)
    : codec_(codec), find_confirmed_(std::move(find_confirmed)) {}

MempoolView Mempool::View() {
    RefreshHistogram();
    return view_;
}

void Mempool::RefreshHistogram() {
    const auto now = std::chrono::steady_clock::now();
    if (!histogram_stale_) return;
    if (view_.size() > kSmallMempool && now - histogram_time_ < kHistogramPeriod) return;
    std::vector<FeeAndSize> txs;
    txs.reserve(view_.size());
    view_.txs_.ForEach([&](const Txid&, const MempoolTxPtr& tx) {
        txs.push_back({tx->fee, tx->vsize});
    });
    view_.histogram_ = std::make_shared<const FeeHistogram>(MakeFeeHistogram(txs));
    histogram_time_ = now;
    histogram_stale_ = false;
}

void Mempool::Touch(const MempoolTx& tx) {
    const std::vector<HashX> scripts = ScriptsOf(tx);
    touched_.insert(touched_.end(), scripts.begin(), scripts.end());
    touched_txs_.push_back(tx.txid);
    for (const auto& input : tx.inputs) touched_txs_.push_back(input.prevout.txid);
    histogram_stale_ = true;
}

void Mempool::Remember(const MempoolTx& tx) {
    auto recent = std::make_shared<std::vector<MempoolView::Recent>>();
    recent->push_back({tx.txid, tx.fee, tx.vsize});
    const std::size_t kept = std::min(view_.recent_->size(), MempoolView::kRecent - 1);
    recent->insert(recent->end(), view_.recent_->begin(),
                   view_.recent_->begin() + static_cast<std::ptrdiff_t>(kept));
    view_.recent_ = std::move(recent);
}

std::vector<HashX> Mempool::TakeTouched() {
    std::sort(touched_.begin(), touched_.end());
    touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    return std::exchange(touched_, {});
}

bool Mempool::HasUnconfirmedInputs(const MempoolTx& tx) const {
    return std::any_of(tx.inputs.begin(), tx.inputs.end(),
                       [&](const auto& input) { return view_.Find(input.prevout.txid); });
}

void Mempool::Link(const MempoolTxPtr& tx) {
    view_.txs_.Edit(tx->txid) = tx;
    for (const auto& input : tx->inputs) view_.spenders_.Edit(input.prevout) = tx;
    for (const HashX& script : ScriptsOf(*tx)) {
        auto& list = view_.by_script_.Edit(script);
        list.insert(std::lower_bound(list.begin(), list.end(), tx,
                                     [](const auto& a, const auto& b) { return Before(*a, *b); }),
                    tx);
    }
    Touch(*tx);
}

void Mempool::Unlink(const MempoolTx& tx) {
    Touch(tx);
    for (const auto& input : tx.inputs) view_.spenders_.Erase(input.prevout);
    for (const HashX& script : ScriptsOf(tx)) {
        auto& list = view_.by_script_.Edit(script);
        std::erase_if(list, [&](const auto& other) { return other->txid == tx.txid; });
        if (list.empty()) view_.by_script_.Erase(script);
    }
    view_.txs_.Erase(tx.txid);
}

std::optional<UnspentOutput> Mempool::FindConfirmedSpent(const OutPoint& outpoint) const {
    const MempoolTx* tx = view_.Spender(outpoint);
    if (!tx) return std::nullopt;
    const auto input = std::find_if(tx->inputs.begin(), tx->inputs.end(),
                                    [&](const auto& each) { return each.prevout == outpoint; });
    if (input == tx->inputs.end() || !input->funder) return std::nullopt;
    return UnspentOutput{*input->funder, outpoint.index, input->hash_x, input->value};
}

void Mempool::RemoveOne(const Txid& txid) {
    const auto* held = view_.txs_.Find(txid);
    if (!held) return;
    const MempoolTxPtr tx = *held;  // Unlink drops the map's share
    Unlink(*tx);
}

void Mempool::RemoveWithDescendants(const Txid& txid) {
    std::vector<Txid> waiting{txid};
    while (!waiting.empty()) {
        const Txid next = waiting.back();
        waiting.pop_back();
        const MempoolTx* tx = view_.Find(next);
        if (!tx) continue;
        for (std::uint32_t i = 0; i < tx->outputs.size(); ++i)
            if (const MempoolTx* child = view_.Spender({next, i})) waiting.push_back(child->txid);
        RemoveOne(next);
    }
}

void Mempool::Remove(std::span<const Txid> txids) {
    for (const Txid& txid : txids) RemoveWithDescendants(txid);
}

void Mempool::RefreshHeightOf(const Txid& txid) {
    const auto* held = view_.txs_.Find(txid);
    if (!held) return;
    const MempoolTxPtr old = *held;
    const bool unconfirmed = HasUnconfirmedInputs(*old);
    if (unconfirmed == old->has_unconfirmed_inputs) return;
    auto changed = std::make_shared<MempoolTx>(*old);
    changed->has_unconfirmed_inputs = unconfirmed;
    Unlink(*old);
    Link(changed);
}

void Mempool::ApplyBlock(const Block& block) {
    if (view_.size() == 0) return;
    std::vector<Txid> children;
    for (const Block::Tx& tx : block.txs) {
        if (!view_.Find(tx.txid)) continue;
        for (std::uint32_t i = 0; i < tx.output_count; ++i)
            if (const MempoolTx* child = view_.Spender({tx.txid, i}))
                children.push_back(child->txid);
        RemoveOne(tx.txid);
    }
    // What still spends an output that the block spent has lost against it.
    for (const OutPoint& prevout : block.inputs)
        if (const MempoolTx* loser = view_.Spender(prevout)) RemoveWithDescendants(loser->txid);
    for (const Txid& child : children) RefreshHeightOf(child);
}

NodeResult<void> Mempool::FetchCandidates(MempoolSource& source, std::span<const Txid> txids,
                                          Candidates& candidates) const {
    while (!txids.empty()) {
        const auto part = txids.first(std::min(txids.size(), kFetchAtOnce));
        txids = txids.subspan(part.size());
        const auto raw = source.Fetch(part);
        if (!raw) return raw.error();
        for (std::size_t i = 0; i < part.size() && i < raw->size(); ++i) {
            if (!(*raw)[i]) continue;
            const auto tx = codec_.ParseTransaction(*(*raw)[i]);
            if (!tx || tx->txid != part[i]) {
                spdlog::warn("the node sent a wrong transaction for {}: {}", ToDisplayHex(part[i]),
                             tx ? "its txid is " + ToDisplayHex(tx->txid) : tx.error().what);
                continue;
            }
            candidates[part[i]].tx = FromTransaction(*tx);
        }
    }
    return {};
}

bool Mempool::Resolve(MempoolTx& tx) const {
    Amount in = 0;
    for (auto& input : tx.inputs) {
        const OutPoint& prevout = input.prevout;
        if (const MempoolTx* parent = view_.Find(prevout.txid)) {
            if (prevout.index >= parent->outputs.size()) return false;
            const auto& output = parent->outputs[prevout.index];
            input = {prevout, output.hash_x, output.value, output.indexed, {}};
        } else if (const auto output = find_confirmed_(prevout)) {
            input = {prevout, output->hash_x, output->value, true, output->num};
        } else {
            return false;
        }
        in += input.value;
    }
    Amount out = 0;
    for (const auto& output : tx.outputs) out += output.value;
    tx.fee = std::max<Amount>(0, in - out);
    return true;
}

void Mempool::InsertOne(MempoolTx tx) {
    // The node has one spender per output; if we hold another, it was replaced.
    for (const auto& input : tx.inputs)
        if (const MempoolTx* replaced = view_.Spender(input.prevout))
            RemoveWithDescendants(replaced->txid);
    tx.has_unconfirmed_inputs = HasUnconfirmedInputs(tx);
    Remember(tx);
    Link(std::make_shared<const MempoolTx>(std::move(tx)));
}

void Mempool::Insert(Candidates candidates) {
    // Parents before children: a candidate is ready once none of its parents waits any more.
    std::vector<Txid> ready;
    for (auto& [txid, candidate] : candidates) {
        for (const auto& input : candidate.tx.inputs) {
            const auto parent = candidates.find(input.prevout.txid);
            if (parent == candidates.end()) continue;
            parent->second.children.push_back(txid);
            ++candidate.missing_parents;
        }
        if (candidate.missing_parents == 0) ready.push_back(txid);
    }
    std::size_t dropped = 0;
    while (!ready.empty()) {
        auto node = candidates.extract(ready.back());
        ready.pop_back();
        Candidate& candidate = node.mapped();
        if (Resolve(candidate.tx))
            InsertOne(std::move(candidate.tx));
        else
            ++dropped;
        for (const Txid& child : candidate.children)
            if (--candidates.at(child).missing_parents == 0) ready.push_back(child);
    }
    if (dropped > 0)
        spdlog::debug("{} mempool transactions spend outputs unknown at this tip; left out for now",
                      dropped);
}

NodeResult<bool> Mempool::Refresh(MempoolSource& source, const BlockHash& tip) {
    const auto listing = source.List();
    if (!listing) return listing.error();
    if (listing->tip != tip) return false;
    const std::unordered_set<Txid> listed(listing->txids.begin(), listing->txids.end());
    std::vector<Txid> gone, fresh;
    view_.txs_.ForEach([&](const Txid& txid, const MempoolTxPtr&) {
        if (!listed.contains(txid)) gone.push_back(txid);
    });
    for (const Txid& txid : listing->txids)
        if (!view_.Find(txid)) fresh.push_back(txid);
    Candidates candidates;
    const auto fetched = FetchCandidates(source, fresh, candidates);
    if (!fetched) return fetched.error();
    Remove(gone);
    Insert(std::move(candidates));
    return true;
}

NodeResult<void> Mempool::Add(MempoolSource& source, std::span<const Txid> txids) {
    std::vector<Txid> fresh;
    for (const Txid& txid : txids)
        if (!view_.Find(txid)) fresh.push_back(txid);
    Candidates candidates;
    const auto fetched = FetchCandidates(source, fresh, candidates);
    if (!fetched) return fetched.error();
    Insert(std::move(candidates));
    return {};
}

void Mempool::Revalidate() {
    const MempoolView before = std::exchange(view_, MempoolView());
    view_.histogram_ = before.histogram_;
    auto touched_before = std::exchange(touched_, {});
    auto touched_txs_before = std::exchange(touched_txs_, {});
    Candidates candidates;
    before.txs_.ForEach(
        [&](const Txid& txid, const MempoolTxPtr& tx) { candidates[txid].tx = *tx; });
    Insert(std::move(candidates));
    view_.recent_ = before.recent_;
    // Only what changed counts as touched.
    touched_ = std::move(touched_before);
    touched_txs_ = std::move(touched_txs_before);
    before.txs_.ForEach([&](const Txid& txid, const MempoolTxPtr& tx) {
        const MempoolTx* now = view_.Find(txid);
        if (!now || now->has_unconfirmed_inputs != tx->has_unconfirmed_inputs) Touch(*tx);
    });
}

}  // namespace amber::index
