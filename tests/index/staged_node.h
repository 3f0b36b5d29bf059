#pragma once
#include <functional>
#include <map>
#include <mutex>

#include "index/ports/block_feed.h"
#include "index/ports/mempool_source.h"
#include "tests/index/naive_model.h"

namespace amber::index {

/// A node behind our ports that does what a test tells it to. Thread-safe.
class StagedNode : public BlockFeed, public MempoolSource {
public:
    /// What is wrong with it.
    struct Trouble {
        bool down = false;    ///< every call fails
        bool stalls = false;  ///< no block comes
        bool mempool_fails = false;
        bool initial_download = false;
        std::uint32_t headers_ahead = 0;            ///< of its blocks
        std::uint64_t block_bytes = 0;              ///< that it says it has
        std::size_t blocks_per_take = 1000;         ///< at most
        std::optional<BlockHash> listing_tip = {};  ///< the mempool is that of another block
    };

    void SetChain(Chain chain);
    void SetMempool(std::map<Txid, Bytes> txs);
    void SetBoth(Chain chain, std::map<Txid, Bytes> txs);
    void SetTrouble(const Trouble& trouble);
    /// The next Take() hands over these instead.
    void LieOnce(Chain blocks);
    /// Runs before the Take() numbered `number` (the first is 1), on the thread that takes.
    void BeforeTake(std::size_t number, std::function<void()> action);
    /// Runs before each of the next `count` calls of List(), on the thread that lists.
    void BeforeNextLists(std::size_t count, std::function<void()> action);

    [[nodiscard]] std::size_t Takes() const;
    [[nodiscard]] std::size_t Restarts() const;

    NodeResult<NodeTip> Tip() override;
    NodeResult<std::vector<BlockHash>> Hashes(Height first, std::size_t count) override;
    void Restart(Height next) override;
    std::vector<Block> Take(std::size_t max_bytes, std::chrono::milliseconds wait) override;
    NodeResult<Listing> List() override;
    NodeResult<std::vector<std::optional<Bytes>>> Fetch(std::span<const Txid> txids) override;

private:
    mutable std::mutex mutex_;  // guards all
    Chain chain_;
    std::map<Txid, Bytes> mempool_;
    Trouble trouble_;
    std::optional<Chain> lie_;
    std::map<std::size_t, std::function<void()>> before_take_;
    std::function<void()> before_list_;
    std::size_t lists_to_come_ = 0;  ///< before which it runs
    std::size_t next_ = 0, takes_ = 0, restarts_ = 0;
};

}  // namespace amber::index
