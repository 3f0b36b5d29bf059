#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "index/chain/bytes.h"
#include "index/chain/hash.h"
#include "index/chain/merkle.h"
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
/// can be made on a Query with Reach::disk; store::StoreError for a broken database.
class Query {
public:
    Query(ViewPtr view, store::Reach reach);
    ~Query();
    Query(Query&&) noexcept;
    Query& operator=(Query&&) noexcept;

    [[nodiscard]] const View& GetView() const { return *view_; }

    [[nodiscard]] Balance GetBalance(const ScriptHash& script);
    /// Confirmed in chain order, then the mempool in canonical order (protocol.md 4.2, 4.3).
    [[nodiscard]] QueryResult<std::vector<HistoryEntry>> GetHistory(const ScriptHash& script,
                                                                    std::size_t limit);
    [[nodiscard]] std::vector<HistoryEntry> GetMempool(const ScriptHash& script);
    [[nodiscard]] QueryResult<std::vector<Unspent>> ListUnspent(const ScriptHash& script,
                                                                std::size_t limit);
    /// Nothing for a script without history.
    [[nodiscard]] QueryResult<std::optional<StatusHash>> GetStatus(const ScriptHash& script,
                                                                   std::size_t limit);

    /// Header bytes; nothing above the tip.
    [[nodiscard]] std::optional<Bytes> GetHeader(Height height);
    /// Up to `count` headers from `start`; fewer at the tip.
    [[nodiscard]] std::vector<Bytes> GetHeaders(Height start, std::size_t count);
    /// Proof that the block at `height` is under the root over heights 0 .. checkpoint.
    /// Precondition: height <= checkpoint <= tip.
    [[nodiscard]] MerkleProof ProveHeader(Height height, Height checkpoint);
    [[nodiscard]] std::optional<BlockHash> GetBlockHash(Height height);

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

    QueryResult<std::vector<TxNum>> ConfirmedOf(const HashX& hash_x, std::size_t limit);
    void AppendMempool(const HashX& hash_x, std::vector<HistoryEntry>& entries) const;
    std::vector<Txid> TxidsOfBlock(Height height);
    std::optional<TxPlace> FindInBlock(const Txid& txid, Height height);

    ViewPtr view_;
    std::unique_ptr<Cursors> cursors_;
};

}  // namespace amber::index
