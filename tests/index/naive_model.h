#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "index/chain/block.h"
#include "index/chain/strong.h"
#include "index/chain/transaction.h"
#include "index/query/query.h"

namespace amber::index {

using BlockPtr = std::shared_ptr<const Block>;
using Chain = std::vector<BlockPtr>;  ///< by height, from the genesis block

/// What an index of a chain has to say, worked out with ordered maps and nothing of ours but the
/// parsed blocks. Blocks are only added: for another chain make another model.
class NaiveModel {
public:
    struct Tx {
        Txid txid;
        std::uint32_t height = 0, position = 0;
    };
    struct Output {
        HashX script;
        Amount value = 0;
        std::uint64_t num = 0;  ///< of the transaction that made it
    };
    /// One line of a history.
    struct Line {
        Txid txid;
        std::int32_t height = 0;
        friend bool operator==(const Line&, const Line&) = default;
    };
    struct Coin {
        Txid txid;
        std::uint32_t index = 0, height = 0;
        Amount value = 0;
        friend bool operator==(const Coin&, const Coin&) = default;
    };

    NaiveModel() = default;
    explicit NaiveModel(std::span<const BlockPtr> chain);
    /// Throws std::logic_error if the block spends what is not there.
    void Add(const Block& block);

    [[nodiscard]] std::vector<Line> History(const HashX& script) const;
    [[nodiscard]] std::vector<Coin> Unspent(const HashX& script) const;
    [[nodiscard]] std::set<HashX> Scripts() const;
    /// The last transaction of that txid.
    [[nodiscard]] std::optional<std::uint64_t> NumOf(const Txid& txid) const;

    std::vector<Tx> txs;  ///< by number
    std::map<HashX, std::set<std::uint64_t>> history;
    std::map<OutPoint, Output> unspent;
    std::map<HashX, std::set<std::pair<std::uint64_t, std::uint32_t>>> unspent_of;
    std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint64_t> spenders;
    std::vector<BlockHash> hashes;
    std::map<Txid, std::uint64_t> num_of;  ///< the last of each txid

private:
    void Make(const OutPoint& point, const Output& output);
    void Spend(const OutPoint& point, std::uint64_t spender);
    void Forget(const OutPoint& point);
};

/// The same for unconfirmed transactions on top of a chain.
class NaiveMempool {
public:
    struct Line {
        Txid txid;
        int height = 0;  ///< 0 or -1
        Amount fee = 0;
        friend bool operator==(const Line&, const Line&) = default;
    };
    /// Precondition: every input is unspent in the chain or made by another of `all`.
    NaiveMempool(const NaiveModel& chain, std::vector<Transaction> all);

    /// In the order of protocol.md 4.2.
    [[nodiscard]] std::vector<Line> OfScript(const HashX& script) const;
    [[nodiscard]] std::optional<Txid> Spender(const OutPoint& point) const;
    /// As a history has it; nothing for a transaction in neither.
    [[nodiscard]] std::optional<std::int32_t> HeightOf(const Txid& txid) const;
    [[nodiscard]] OutpointStatus Outpoint(const OutPoint& point) const;
    /// What the mempool adds to the balance of a script.
    [[nodiscard]] Amount Balance(const HashX& script) const;
    [[nodiscard]] std::vector<NaiveModel::Coin> Unspent(const HashX& script) const;

    std::map<std::string, Transaction> txs;  ///< by txid as displayed

private:
    [[nodiscard]] std::optional<NaiveModel::Output> Funder(const OutPoint& point) const;
    [[nodiscard]] bool HasUnconfirmedParent(const Transaction& tx) const;

    const NaiveModel& chain_;
};

/// Status of a history, hashed from its text by another SHA-256 than the index uses.
std::optional<StatusHash> NaiveStatus(const std::vector<NaiveModel::Line>& history);

/// A script hash that begins as `script`: all that a query looks at.
ScriptHash AnyScriptHash(const HashX& script);

}  // namespace amber::index
