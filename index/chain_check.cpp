#include "index/chain_check.h"

#include "index/chain/merkle.h"
#include "index/lookup.h"
#include "index/tables/meta_table.h"

namespace amber::index {

using store::Table;

namespace {

constexpr std::uint32_t kProgressEvery = 1000;  // blocks

[[noreturn]] void Damaged(Height height, const std::string& what) {
    throw store::StoreError("database: block " + std::to_string(height.value) + ": " + what +
                            "; the database is damaged: delete it and sync again");
}

MerkleNode RootOf(const std::vector<Txid>& txids) {
    std::vector<MerkleNode> leaves;
    leaves.reserve(txids.size());
    for (const Txid& txid : txids) leaves.push_back(HashCast<MerkleNode>(txid));
    return ComputeMerkleRoot(std::move(leaves));
}

/// `before`: of the block below; nothing at the genesis block.
void CheckBlockRow(const Coin& coin, const store::Reader& reader, Height height,
                   const tables::HeaderRow& row, const std::optional<Tip>& before) {
    const Codec& codec = *coin.codec;
    if (codec.HeaderSize(row.header) != row.header.size()) Damaged(height, "its header is cut off");
    if (codec.HashHeader(row.header) != row.hash) Damaged(height, "its header has another hash");
    if (before ? codec.PreviousHash(row.header) != before->hash : row.hash != coin.genesis)
        Damaged(height, before ? "it does not follow the block below" : "not the genesis block");
    const std::uint64_t first = before ? before->tx_count : 0;
    if (row.tx_count <= first || row.tx_count - first > codec.BlockBytesMax())
        Damaged(height, "its count of transactions is wrong");
    const auto txids = ReadTxids(reader, {first}, row.tx_count - first);
    if (txids.size() != row.tx_count - first) Damaged(height, "txids are missing");
    if (RootOf(txids) != codec.MerkleRoot(row.header))
        Damaged(height, "its txids are not those its header commits to");
}

}  // namespace

std::optional<Tip> CheckChain(const Coin& coin, const store::Reader& reader,
                              const std::function<void(Height)>& progress) {
    std::optional<Tip> tip;
    auto cursor = reader.Ordered(Table::header);
    for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) {
        const Height height = tip ? Next(tip->height) : Height{0};
        if (cursor.Key() != tables::HeaderKey(height).View()) Damaged(height, "it is missing");
        const auto row = tables::ReadHeaderRow(cursor.Value());
        CheckBlockRow(coin, reader, height, row, tip);
        tip = Tip{height, row.hash, row.tx_count};
        if (height.value % kProgressEvery == 0) progress(height);
    }
    const auto state = reader.Get(Table::meta, tables::kStateKey);
    const auto said = state ? tables::DecodeState(*state).tip : std::nullopt;
    if (said != tip)
        Damaged(tip ? tip->height : Height{0}, "the state record names another tip than this");
    return tip;
}

}  // namespace amber::index
