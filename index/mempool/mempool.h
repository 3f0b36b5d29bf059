#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "index/chain/block.h"
#include "index/chain/coin.h"
#include "index/mempool/mempool_view.h"
#include "index/ports/mempool_source.h"
#include "index/utxo_cache.h"

namespace amber::index {

/// Keeps the unconfirmed transactions in step with the node and with our own tip.
/// Invariant: every input of every transaction held is an output that is unspent at our tip, or an
/// output of another transaction held; no two spend the same output.
/// Thread: sync thread only; View() copies are for everyone.
class Mempool {
public:
    /// Finds an output that is unspent at our tip.
    using FindConfirmed = std::function<std::optional<UnspentOutput>(const OutPoint&)>;

    Mempool(const Codec& codec, FindConfirmed find_confirmed);

    /// A cheap copy of the state as it is now.
    [[nodiscard]] MempoolView View();
    [[nodiscard]] std::size_t size() const { return view_.size(); }

    /// Moves with the chain: what the block confirmed or made impossible leaves, children of what
    /// it confirmed go from -1 to 0. Looks nothing up: the block may still be being written.
    void ApplyBlock(const Block& block);

    /// Takes over the node's list: fetches what is new, drops what is gone. If the node is at
    /// another tip than `tip`, changes nothing and answers false.
    [[nodiscard]] NodeResult<bool> Refresh(MempoolSource& source, const BlockHash& tip);
    /// Fetches and adds single transactions. One whose parents are unknown is left for Refresh().
    [[nodiscard]] NodeResult<void> Add(MempoolSource& source, std::span<const Txid> txids);
    /// Drops transactions the node has dropped, with their descendants.
    void Remove(std::span<const Txid> txids);
    /// After blocks were disconnected: checks every transaction against the new tip and drops those
    /// whose inputs are gone. Refresh() afterwards brings back what the node put back.
    void Revalidate();

    /// An output that a transaction held spends, if it was looked up with find_confirmed; it is
    /// unspent at our tip as long as no block was disconnected since the last Revalidate().
    [[nodiscard]] std::optional<UnspentOutput> FindConfirmedSpent(const OutPoint& outpoint) const;

    /// Scripts whose history or heights changed since the last call, each once.
    [[nodiscard]] std::vector<HashX> TakeTouched();
    /// Transactions that came, went or changed their height since the last call, and those whose
    /// outputs they spend; some twice.
    [[nodiscard]] std::vector<Txid> TakeTouchedTxs() { return std::exchange(touched_txs_, {}); }

private:
    struct Candidate;
    using Candidates = std::unordered_map<Txid, Candidate>;

    NodeResult<void> FetchCandidates(MempoolSource& source, std::span<const Txid> txids,
                                     Candidates& candidates) const;
    void Insert(Candidates candidates);
    /// True if all inputs are known; fills in what they spend.
    bool Resolve(MempoolTx& tx) const;
    void InsertOne(MempoolTx tx);
    void Link(const MempoolTxPtr& tx);
    void Unlink(const MempoolTx& tx);
    void RemoveOne(const Txid& txid);
    void RemoveWithDescendants(const Txid& txid);
    void RefreshHeightOf(const Txid& txid);
    void Touch(const MempoolTx& tx);
    void Remember(const MempoolTx& tx);
    [[nodiscard]] bool HasUnconfirmedInputs(const MempoolTx& tx) const;
    void RefreshHistogram();

    const Codec& codec_;
    const FindConfirmed find_confirmed_;
    MempoolView view_;
    std::vector<HashX> touched_;  ///< some twice
    std::vector<Txid> touched_txs_;
    std::chrono::steady_clock::time_point histogram_time_{};
    bool histogram_stale_ = false;
};

}  // namespace amber::index
