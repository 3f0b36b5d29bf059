#include "tests/index/staged_node.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace amber::index {

namespace {
const NodeError kDown{NodeError::Kind::unreachable, 0, "the staged node is down"};
}

void StagedNode::SetChain(Chain chain) {
    const std::lock_guard lock(mutex_);
    chain_ = std::move(chain);
}
void StagedNode::SetMempool(std::map<Txid, Bytes> txs) {
    const std::lock_guard lock(mutex_);
    mempool_ = std::move(txs);
}
void StagedNode::SetBoth(Chain chain, std::map<Txid, Bytes> txs) {
    const std::lock_guard lock(mutex_);
    chain_ = std::move(chain);
    mempool_ = std::move(txs);
}
void StagedNode::SetTrouble(const Trouble& trouble) {
    const std::lock_guard lock(mutex_);
    trouble_ = trouble;
}
void StagedNode::LieOnce(Chain blocks) {
    const std::lock_guard lock(mutex_);
    lie_ = std::move(blocks);
}
void StagedNode::BeforeTake(std::size_t number, std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    before_take_[number] = std::move(action);
}
void StagedNode::BeforeNextLists(std::size_t count, std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    before_list_ = std::move(action);
    lists_to_come_ = count;
}
std::size_t StagedNode::Takes() const {
    const std::lock_guard lock(mutex_);
    return takes_;
}
std::size_t StagedNode::Restarts() const {
    const std::lock_guard lock(mutex_);
    return restarts_;
}

NodeResult<NodeTip> StagedNode::Tip() {
    const std::lock_guard lock(mutex_);
    if (trouble_.down) return kDown;
    const auto height = static_cast<std::uint32_t>(chain_.size() - 1);
    return NodeTip{{height},
                   chain_.back()->hash,
                   {height + trouble_.headers_ahead},
                   trouble_.initial_download,
                   trouble_.block_bytes};
}

NodeResult<std::vector<BlockHash>> StagedNode::Hashes(Height first, std::size_t count) {
    const std::lock_guard lock(mutex_);
    if (trouble_.down) return kDown;
    std::vector<BlockHash> hashes;
    for (std::size_t h = first.value; h < chain_.size() && hashes.size() < count; ++h)
        hashes.push_back(chain_[h]->hash);
    return hashes;
}

void StagedNode::Restart(Height next) {
    const std::lock_guard lock(mutex_);
    next_ = next.value;
    ++restarts_;
}

std::vector<Block> StagedNode::Take(std::size_t max_bytes, std::chrono::milliseconds) {
    std::function<void()> action;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = before_take_.find(++takes_); found != before_take_.end())
            action = std::exchange(found->second, {});
    }
    if (action) action();
    std::vector<Block> blocks;
    std::unique_lock lock(mutex_);
    if (lie_) {
        for (const auto& block : *lie_) blocks.push_back(*block);
        lie_.reset();
        next_ += blocks.size();
        return blocks;
    }
    std::size_t bytes = 0;
    while (!trouble_.down && !trouble_.stalls && next_ < chain_.size() && bytes < max_bytes &&
           blocks.size() < trouble_.blocks_per_take) {
        bytes += chain_[next_]->raw.size();
        blocks.push_back(*chain_[next_++]);
    }
    lock.unlock();
    if (blocks.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return blocks;
}

NodeResult<MempoolSource::Listing> StagedNode::List() {
    std::function<void()> action;
    {
        const std::lock_guard lock(mutex_);
        if (lists_to_come_ > 0) {
            --lists_to_come_;
            action = before_list_;
        }
    }
    if (action) action();
    const std::lock_guard lock(mutex_);
    if (trouble_.down || trouble_.mempool_fails) return kDown;
    Listing listing{trouble_.listing_tip.value_or(chain_.back()->hash), {}};
    for (const auto& [txid, raw] : mempool_) listing.txids.push_back(txid);
    return listing;
}

NodeResult<std::vector<std::optional<Bytes>>> StagedNode::Fetch(std::span<const Txid> txids) {
    const std::lock_guard lock(mutex_);
    if (trouble_.down || trouble_.mempool_fails) return kDown;
    std::vector<std::optional<Bytes>> raw;
    for (const auto& txid : txids) {
        const auto found = mempool_.find(txid);
        raw.push_back(found == mempool_.end() ? std::nullopt : std::optional(found->second));
    }
    return raw;
}

}  // namespace amber::index
