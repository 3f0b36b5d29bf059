// index::Query over a FakeView, in place of the one over the tables.
#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "index/chain/sha256.h"
#include "index/query/query.h"
#include "tests/server/fake_world.h"

namespace amber::index {
namespace {

const test::FakeView& Of(const ViewPtr& view) { return static_cast<const test::FakeView&>(*view); }

template <class Map>
typename Map::mapped_type At(const Map& map, const ScriptHash& script) {
    const auto found = map.find(script);
    return found == map.end() ? typename Map::mapped_type() : found->second;
}

std::vector<MerkleNode> Leaves(const std::vector<Txid>& txids) {
    std::vector<MerkleNode> leaves;
    for (const Txid& txid : txids) leaves.push_back(HashCast<MerkleNode>(txid));
    return leaves;
}

}  // namespace

struct Query::Cursors {
    store::Reach reach;

    /// Every read begins with this.
    void Reach(const ViewPtr& view) const {
        static thread_local std::minstd_rand random{std::random_device{}()};
        test::Coldness& cold = *Of(view).coldness;
        if (reach == store::Reach::memory) {
            if (random() % 100 < cold.percent) throw store::NotInMemory();
            if (cold.memory_delay_us > 0)
                std::this_thread::sleep_for(std::chrono::microseconds(cold.memory_delay_us));
            return;
        }
        ++cold.disk_reads;
        std::this_thread::sleep_for(std::chrono::microseconds(cold.disk_delay_us));
    }
};

Query::Query(ViewPtr view, store::Reach reach)
    : view_(std::move(view)), cursors_(std::make_unique<Cursors>(Cursors{reach})) {}
Query::~Query() = default;
Query::Query(Query&&) noexcept = default;
Query& Query::operator=(Query&&) noexcept = default;

Balance Query::GetBalance(const ScriptHash& script) {
    cursors_->Reach(view_);
    return At(Of(view_).balance, script);
}

std::vector<HistoryEntry> Query::GetMempool(const ScriptHash& script) {
    cursors_->Reach(view_);
    auto history = At(Of(view_).history, script);
    std::erase_if(history, [](const HistoryEntry& entry) { return entry.confirmed; });
    return history;
}

QueryResult<std::vector<Unspent>> Query::ListUnspent(const ScriptHash& script, std::size_t limit) {
    cursors_->Reach(view_);
    auto unspent = At(Of(view_).unspent, script);
    if (unspent.size() > limit) return QueryError::history_too_large;
    return unspent;
}

QueryResult<void> Query::VisitHistory(const ScriptHash& script, const HistoryRange& range,
                                      std::size_t limit, const HistoryVisitor& visit) {
    cursors_->Reach(view_);
    auto history = At(Of(view_).history, script);
    std::erase_if(history, [&](const HistoryEntry& entry) {
        if (!entry.confirmed) return range.end.has_value();
        const Height height{static_cast<std::uint32_t>(entry.height)};
        return height < range.begin || (range.end && height >= *range.end);
    });
    if (history.size() > limit) return QueryError::history_too_large;
    for (const HistoryEntry& entry : history) visit(entry);
    return {};
}

std::optional<HistoryEntry> Query::GetFirstUse(const ScriptHash& script) {
    cursors_->Reach(view_);
    const auto history = At(Of(view_).history, script);
    if (history.empty()) return std::nullopt;
    return history.front();
}

std::optional<StatusHash> Query::GetStatus(const ScriptHash& script) {
    cursors_->Reach(view_);
    return test::StatusOf(At(Of(view_).history, script));
}

OutpointStatus Query::GetOutpoint(const OutPoint& outpoint) {
    cursors_->Reach(view_);
    const auto found = Of(view_).outpoints.find(outpoint);
    return found == Of(view_).outpoints.end() ? OutpointStatus() : found->second;
}

std::optional<std::int32_t> Query::GetTransactionHeight(const Txid& txid) {
    cursors_->Reach(view_);
    if (const auto found = Of(view_).unconfirmed.find(txid); found != Of(view_).unconfirmed.end())
        return found->second;
    const auto place = FindTransaction(txid);
    if (!place) return std::nullopt;
    return static_cast<std::int32_t>(place->height.value);
}

std::optional<Height> Query::FindBlock(const BlockHash& hash) {
    cursors_->Reach(view_);
    const auto& headers = Of(view_).headers;
    for (std::uint32_t height = 0; height < headers.size(); ++height)
        if (Sha256dAs<BlockHash>(headers[height]) == hash) return Height{height};
    return std::nullopt;
}

std::optional<Bytes> Query::GetHeader(Height height) {
    cursors_->Reach(view_);
    const auto& headers = Of(view_).headers;
    if (height.value >= headers.size()) return std::nullopt;
    return headers[height.value];
}

std::vector<Bytes> Query::GetHeaders(Height start, std::size_t count) {
    cursors_->Reach(view_);
    const auto& headers = Of(view_).headers;
    const std::size_t first = std::min<std::size_t>(start.value, headers.size());
    const std::size_t last = std::min(first + count, headers.size());
    return {headers.begin() + static_cast<std::ptrdiff_t>(first),
            headers.begin() + static_cast<std::ptrdiff_t>(last)};
}

MerkleProof Query::ProveHeader(Height height, Height checkpoint) {
    cursors_->Reach(view_);
    std::vector<MerkleNode> leaves;
    for (std::uint32_t h = 0; h <= checkpoint.value; ++h)
        leaves.push_back(HashCast<MerkleNode>(*GetBlockHash({h})));
    return ProveMerkle(std::move(leaves), height.value);
}

std::optional<BlockHash> Query::GetBlockHash(Height height) {
    cursors_->Reach(view_);
    const auto& headers = Of(view_).headers;
    if (height.value >= headers.size()) return std::nullopt;
    return Sha256dAs<BlockHash>(headers[height.value]);
}

std::optional<TxPlace> Query::FindTransaction(const Txid& txid) {
    cursors_->Reach(view_);
    const auto& blocks = Of(view_).blocks;
    for (std::size_t height = blocks.size(); height-- > 0;) {
        const auto found = std::find(blocks[height].begin(), blocks[height].end(), txid);
        if (found != blocks[height].end())
            return TxPlace{{static_cast<std::uint32_t>(height)},
                           static_cast<std::uint32_t>(found - blocks[height].begin())};
    }
    return std::nullopt;
}

QueryResult<TxProof> Query::ProveTransaction(const Txid& txid, std::optional<Height> height) {
    const auto place = FindTransaction(txid);
    if (!place) return QueryError::unknown_transaction;
    if (height && place->height != *height) return QueryError::not_in_block;
    return TxProof{*place, *GetBranch(*place)};
}

QueryResult<Txid> Query::GetTxid(TxPlace place) {
    cursors_->Reach(view_);
    const auto& blocks = Of(view_).blocks;
    if (place.height.value >= blocks.size()) return QueryError::no_such_height;
    const auto& txids = blocks[place.height.value];
    if (place.position >= txids.size()) return QueryError::no_such_position;
    return txids[place.position];
}

QueryResult<std::vector<MerkleNode>> Query::GetBranch(TxPlace place) {
    if (const auto txid = GetTxid(place); !txid) return txid.error();
    return ProveMerkle(Leaves(Of(view_).blocks[place.height.value]), place.position).branch;
}

}  // namespace amber::index
