#include "index/query/query.h"

#include <algorithm>

#include "index/header_merkle.h"
#include "index/lookup.h"
#include "index/query/cursors.h"
#include "index/tables/txnum_table.h"

namespace amber::index {

using store::Table;

Query::Query(ViewPtr view, store::Reach reach)
    : view_(std::move(view)), cursors_(std::make_unique<Cursors>(view_->snapshot, reach)) {}
Query::~Query() = default;
Query::Query(Query&&) noexcept = default;
Query& Query::operator=(Query&&) noexcept = default;

std::optional<Bytes> Query::GetHeader(Height height) {
    std::string value;
    const auto row = ReadHeader(cursors_->reader, height, value);
    if (!row) return std::nullopt;
    return Bytes(row->header.begin(), row->header.end());
}

std::vector<Bytes> Query::GetHeaders(Height start, std::size_t count) {
    std::vector<Bytes> headers;
    if (start.value >= view_->tx_counts.size()) return headers;
    headers.reserve(std::min<std::size_t>(count, view_->tx_counts.size() - start.value));
    auto cursor = cursors_->reader.Ordered(Table::header);
    for (cursor.Seek(tables::HeaderKey(start)); cursor.Valid() && headers.size() < count;
         cursor.Next()) {
        const auto header = tables::ReadHeaderRow(cursor.Value()).header;
        headers.emplace_back(header.begin(), header.end());
    }
    return headers;
}

std::optional<BlockHash> Query::GetBlockHash(Height height) {
    return ReadBlockHash(cursors_->reader, height);
}

std::optional<Height> Query::FindBlock(const BlockHash& hash) {
    return view_->kept->block_heights.Find(
        hash, {.tip = view_->tip.height,
               .hash_at = [&](Height height) { return *GetBlockHash(height); },
               .all = [&] { return AllBlockHashes(); },
               .reach = cursors_->reach});
}

std::vector<BlockHash> Query::AllBlockHashes() {
    std::vector<BlockHash> hashes;
    hashes.reserve(view_->tx_counts.size());
    auto cursor = cursors_->reader.Ordered(Table::header);
    for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next())
        hashes.push_back(tables::ReadHeaderRow(cursor.Value()).hash);
    return hashes;
}

MerkleProof Query::ProveHeader(Height height, Height checkpoint) {
    return ProveHeaderAt(cursors_->reader, height, checkpoint);
}

std::optional<TxPlace> Query::FindTransaction(const Txid& txid) {
    const auto num = FindTxNum(cursors_->reader, cursors_->Of(Table::txnum, cursors_->txnum), txid);
    if (!num) return std::nullopt;
    const Height height = view_->tx_counts.HeightOf(*num);
    return TxPlace{height,
                   static_cast<std::uint32_t>(num->value - view_->tx_counts.First(height).value)};
}

std::vector<Txid> Query::TxidsOfBlock(Height height) {
    const TxNum first = view_->tx_counts.First(height);
    const std::uint64_t end = view_->tx_counts.Through(height);
    return ReadTxids(cursors_->reader, first, end - first.value);
}

QueryResult<Txid> Query::GetTxid(TxPlace place) {
    if (place.height.value >= view_->tx_counts.size()) return QueryError::no_such_height;
    const TxNum num{view_->tx_counts.First(place.height).value + place.position};
    if (num.value >= view_->tx_counts.Through(place.height)) return QueryError::no_such_position;
    return ReadTxid(cursors_->reader, num);
}

QueryResult<std::vector<MerkleNode>> Query::GetBranch(TxPlace place) {
    if (place.height.value >= view_->tx_counts.size()) return QueryError::no_such_height;
    std::vector<MerkleNode> leaves;
    for (const Txid& txid : TxidsOfBlock(place.height))
        leaves.push_back(HashCast<MerkleNode>(txid));
    if (place.position >= leaves.size()) return QueryError::no_such_position;
    return ProveMerkle(std::move(leaves), place.position).branch;
}

QueryResult<TxProof> Query::ProveTransaction(const Txid& txid, std::optional<Height> height) {
    auto place = FindTransaction(txid);
    if (!place && !height) return QueryError::unknown_transaction;
    if (height && height->value >= view_->tx_counts.size()) return QueryError::no_such_height;
    if (!place) return QueryError::unknown_transaction;
    if (height && place->height != *height) {
        // Before BIP30 a txid could occur twice: the earlier one may be meant.
        place = FindInBlock(txid, *height);
        if (!place) return QueryError::not_in_block;
    }
    const auto branch = GetBranch(*place);
    if (!branch) return branch.error();
    return TxProof{*place, *branch};
}

std::optional<TxPlace> Query::FindInBlock(const Txid& txid, Height height) {
    const auto txids = TxidsOfBlock(height);
    const auto found = std::find(txids.begin(), txids.end(), txid);
    if (found == txids.end()) return std::nullopt;
    return TxPlace{height, static_cast<std::uint32_t>(found - txids.begin())};
}

}  // namespace amber::index
