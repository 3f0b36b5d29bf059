#pragma once
#include "tests/index/random_chain.h"

namespace amber::index {

/// A node's chain and mempool, changing at random and always consistent with each other.
class RandomNode {
public:
    explicit RandomNode(std::uint64_t seed, std::uint32_t scripts = 30);

    [[nodiscard]] const Chain& Blocks() const { return states_.back().blocks; }
    [[nodiscard]] const std::map<Txid, RawTx>& Mempool() const { return mempool_; }
    [[nodiscard]] NaiveMempool Model(const NaiveModel& chain) const;
    [[nodiscard]] std::uint32_t Below(std::size_t bound) { return states_.back().Below(bound); }

    // What can happen to it. Without effect where there is nothing it could happen to.
    void AddTx();
    void ReplaceTx();  ///< descendants of the replaced one go too
    void EvictTx();    ///< with its descendants
    /// A part of the mempool, and at times something that conflicts with the rest.
    void Mine();
    /// Puts the transactions of `depth` blocks back and mines `count` others.
    void Reorganise(std::size_t depth, std::size_t count);

    /// What the node would tell of single transactions since the last call: what came, and what
    /// left for another reason than a block.
    struct Changes {
        std::vector<Txid> added, removed;
    };
    Changes TakeChanges();

private:
    void RemoveWithDescendants(Txid txid);
    /// Keeps of `candidates`, in their order, what is valid on top of the tip.
    void Refill(const std::vector<RawTx>& candidates);
    static std::vector<RawTx> ParentsFirst(const std::map<Txid, RawTx>& txs);
    [[nodiscard]] std::map<OutPoint, Amount> Spendable() const;

    std::vector<RandomChain> states_;  ///< by height
    std::map<Txid, RawTx> mempool_;
    std::map<Txid, RawTx> told_;
    std::uint64_t branch_ = 0;
};

}  // namespace amber::index
