#pragma once
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "index/mempool/cow_map.h"
#include "index/mempool/fee_histogram.h"
#include "index/mempool/mempool_tx.h"

namespace amber::index {

/// The unconfirmed transactions as they stood at one moment, by txid, script and spent outpoint.
/// A value: copies are cheap and never change. Thread-safe to read.
class MempoolView {
public:
    [[nodiscard]] const MempoolTx* Find(const Txid& txid) const {
        const auto* tx = txs_.Find(txid);
        return tx ? tx->get() : nullptr;
    }
    /// Transactions that fund or spend the script, in the canonical order (protocol.md 4.2):
    /// height 0 before -1, then by txid as displayed. Null if none.
    [[nodiscard]] const std::vector<MempoolTxPtr>* OfScript(const HashX& hash_x) const {
        return by_script_.Find(hash_x);
    }
    /// The transaction that spends `outpoint`; null if none does.
    [[nodiscard]] const MempoolTx* Spender(const OutPoint& outpoint) const {
        const auto* tx = spenders_.Find(outpoint);
        return tx ? tx->get() : nullptr;
    }
    [[nodiscard]] std::size_t size() const { return txs_.size(); }
    /// Refreshed at most every few seconds, not with every change.
    [[nodiscard]] const FeeHistogram& Histogram() const { return *histogram_; }

    static constexpr std::size_t kRecent = 10;
    struct Recent {
        Txid txid;
        Amount fee = 0;
        std::uint32_t vsize = 0;
    };
    /// The last kRecent transactions that came in, the newest first, whatever became of them.
    [[nodiscard]] const std::vector<Recent>& RecentTxs() const { return *recent_; }

private:
    friend class Mempool;

    CowMap<Txid, MempoolTxPtr> txs_;
    CowMap<HashX, std::vector<MempoolTxPtr>> by_script_;
    CowMap<OutPoint, MempoolTxPtr> spenders_;
    std::shared_ptr<const FeeHistogram> histogram_ = std::make_shared<FeeHistogram>();
    std::shared_ptr<const std::vector<Recent>> recent_ = std::make_shared<std::vector<Recent>>();
};

}  // namespace amber::index
