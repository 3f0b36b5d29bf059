#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "index/chain/bytes.h"
#include "index/chain/hash.h"
#include "index/chain/merkle.h"
#include "index/chain/outpoint.h"
#include "index/chain/transaction.h"
#include "index/query/query_error.h"
#include "index/query/view.h"
#include "index/store/reach.h"

namespace amber::index {

/// One line of a script's history.
struct HistoryEntry {
    Txid txid;
    std::int32_t height = 0;  ///< > 0 (or 0 for genesis) confirmed; 0 and -1 in the mempool
    bool confirmed = false;
    Amount fee = 0;  ///< mempool entries only
};

struct Unspent {
    Txid txid;
    std::uint32_t index = 0;
    std::uint32_t height = 0;  ///< 0 for outputs of mempool transactions
    Amount value = 0;
};

struct Balance {
    Amount confirmed = 0;
    Amount unconfirmed = 0;  ///< what the mempool adds or takes; may be negative
};

/// Blocks of which a history is wanted.
struct HistoryRange {
    Height begin;
    std::optional<Height> end;  ///< not included; nothing: all the rest, and the mempool
};

/// What has become of an output (protocol.md 6). Heights as in a history.
struct OutpointStatus {
    struct Spender {
        Txid txid;
        std::int32_t height = 0;
        friend bool operator==(const Spender&, const Spender&) = default;
    };
    /// Of the transaction that made it; nothing: there is no such output, or nobody can spend it.
    std::optional<std::int32_t> funder_height;
    std::optional<Spender> spender;

    friend bool operator==(const OutpointStatus&, const OutpointStatus&) = default;
};

/// Where a confirmed transaction is.
struct TxPlace {
    Height height;
    std::uint32_t position = 0;  ///< within its block
};

struct TxProof {
    TxPlace place;
    std::vector<MerkleNode> branch;
};

/// Answers from one view. Scripts are named by script hash; only its first 11 bytes are used.
/// Thread: one at a time; keep one Query per thread for as long as its view is current, because
/// it reuses iterators. Owns a share of the view.
/// Errors: with Reach::memory any call may throw store::NotInMemory, after which the same call
/// can be made on a Query with Reach::disk; store::StoreError for a broken database. What would
/// take long counts as "not in memory" too.
class Query {
public:
    Query(ViewPtr view, store::Reach reach);
    ~Query();
    Query(Query&&) noexcept;
    Query& operator=(Query&&) noexcept;

    [[nodiscard]] const View& GetView() const { return *view_; }

    [[nodiscard]] Balance GetBalance(const ScriptHash& script);
    /// Confirmed in chain order, then the mempool in canonical order (protocol.md 4.2, 4.3), entry
    /// by entry; without a visit if there are more than `limit`. Memory: 8 bytes per entry.
    using HistoryVisitor = std::function<void(const HistoryEntry&)>;
    [[nodiscard]] QueryResult<void> VisitHistory(const ScriptHash& script,
                                                 const HistoryRange& range, std::size_t limit,
                                                 const HistoryVisitor& visit);
    /// The first entry of the history.
    [[nodiscard]] std::optional<HistoryEntry> GetFirstUse(const ScriptHash& script);
    [[nodiscard]] std::vector<HistoryEntry> GetMempool(const ScriptHash& script);
    [[nodiscard]] QueryResult<std::vector<Unspent>> ListUnspent(const ScriptHash& script,
                                                                std::size_t limit);
    /// Nothing for a script without history. However long that is: what was hashed for an earlier
    /// view is not hashed again (status_states.h).
    [[nodiscard]] std::optional<StatusHash> GetStatus(const ScriptHash& script);

    /// Header bytes; nothing above the tip.
    [[nodiscard]] std::optional<Bytes> GetHeader(Height height);
    /// Up to `count` headers from `start`; fewer at the tip.
    [[nodiscard]] std::vector<Bytes> GetHeaders(Height start, std::size_t count);
    /// Proof that the block at `height` is under the root over heights 0 .. checkpoint.
    /// Precondition: height <= checkpoint <= tip.
    [[nodiscard]] MerkleProof ProveHeader(Height height, Height checkpoint);
    [[nodiscard]] std::optional<BlockHash> GetBlockHash(Height height);
    /// Nothing for a block that is not in the chain.
    [[nodiscard]] std::optional<Height> FindBlock(const BlockHash& hash);

    /// Of a transaction in the chain or the mempool; nothing for others.
    [[nodiscard]] std::optional<std::int32_t> GetTransactionHeight(const Txid& txid);
    [[nodiscard]] OutpointStatus GetOutpoint(const OutPoint& outpoint);

    /// The transaction's place in the chain (the later one, should a txid occur twice).
    [[nodiscard]] std::optional<TxPlace> FindTransaction(const Txid& txid);
    /// With a height, the transaction must be in that block.
    [[nodiscard]] QueryResult<TxProof> ProveTransaction(const Txid& txid,
                                                        std::optional<Height> height);
    [[nodiscard]] QueryResult<Txid> GetTxid(TxPlace place);
    /// Branch for the transaction at `place`.
    [[nodiscard]] QueryResult<std::vector<MerkleNode>> GetBranch(TxPlace place);

private:
    struct Cursors;

    /// Moves the history cursor to the row that holds `first`, or else the next of the script.
    void SeekHistory(const HashX& hash_x, TxNum first);
    QueryResult<std::vector<TxNum>> ConfirmedOf(const HashX& hash_x, const HistoryRange& range,
                                                std::size_t limit);
    /// The kept state that covers most of this view's chain; one of nothing if there is none.
    StatusState FurthestState(const HashX& hash_x);
    /// The hash over all confirmed transactions, going on from what is kept.
    StatusState HashConfirmed(const HashX& hash_x);
    /// Adds transactions up to the block at `stop`. False if there are more than `max`; then
    /// `state` stands behind the last one added.
    bool HashUpTo(Height stop, std::size_t max, const HashX& hash_x, StatusState& state);
    /// Fills in what the tables know; false if they have no such output.
    bool FindConfirmedOutput(const OutPoint& outpoint, OutpointStatus& status);
    std::vector<BlockHash> AllBlockHashes();
    std::vector<Txid> TxidsOfBlock(Height height);
    std::optional<TxPlace> FindInBlock(const Txid& txid, Height height);

    ViewPtr view_;
    std::unique_ptr<Cursors> cursors_;
};

}  // namespace amber::index
