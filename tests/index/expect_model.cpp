#include "tests/index/expect_model.h"

#include <gtest/gtest.h>

#include <random>

#include "index/chain/hex.h"
#include "index/digest.h"
#include "index/lookup.h"
#include "index/tables/spender_table.h"

namespace amber::index {

namespace {

constexpr std::size_t kNoLimit = 1'000'000;

std::vector<NaiveModel::Coin> UnspentOf(Query& query, const HashX& script) {
    std::vector<NaiveModel::Coin> coins;
    for (const auto& coin : query.ListUnspent(AnyScriptHash(script), kNoLimit).value())
        coins.push_back({coin.txid, coin.index, coin.height, coin.value});
    return coins;
}

void ExpectSpenders(const NaiveModel& model, const store::Reader& reader) {
    Rows wanted;
    for (const auto& [output, spender] : model.spenders)
        wanted.emplace(tables::SpenderKey({output.first}, output.second).View(),
                       tables::SpenderValue({spender}).View());
    EXPECT_TRUE(DumpTable(reader, store::Table::spender) == wanted);
}

void ExpectTransactions(const NaiveModel& model, const OpenIndex& index) {
    const store::Reader reader(index.store, store::Reach::disk);
    Query query(index.MakeView(), store::Reach::disk);
    std::map<Txid, std::uint64_t> last;
    for (std::uint64_t num = 0; num < model.txs.size(); ++num) {
        ASSERT_EQ(ReadTxid(reader, {num}), model.txs[num].txid) << num;
        last[model.txs[num].txid] = num;
    }
    for (const auto& [txid, num] : last) {
        const auto place = query.FindTransaction(txid);
        ASSERT_TRUE(place) << ToDisplayHex(txid);
        ASSERT_EQ(place->height.value, model.txs[num].height);
        ASSERT_EQ(place->position, model.txs[num].position);
    }
    EXPECT_FALSE(query.FindTransaction(Txid{}));
}

void ExpectOutpoints(const NaiveModel& model, const store::Reader& reader) {
    auto h = reader.Prefixed(store::Table::h);
    for (const auto& [point, output] : model.unspent) {
        const auto found = FindUnspent(reader, h, point, Certainty::always_compare);
        ASSERT_TRUE(found) << ToDisplayHex(point.txid) << ':' << point.index;
        ASSERT_EQ(found->hash_x, output.script);
        ASSERT_EQ(found->value, output.value);
        ASSERT_EQ(found->num.value, output.num);
        ASSERT_EQ(found->index, point.index);
    }
}

void ExpectRowCounts(const NaiveModel& model, const OpenIndex& index) {
    const auto digest = ComputeDigest(store::Reader(index.store, store::Reach::disk));
    const auto rows = [&](store::Table table) {
        return digest.rows[static_cast<std::size_t>(table)];
    };
    std::uint64_t uses = 0;
    for (const auto& [script, nums] : model.history) uses += nums.size();
    EXPECT_EQ(rows(store::Table::history), uses);
    EXPECT_EQ(rows(store::Table::u), model.unspent.size());
    EXPECT_EQ(rows(store::Table::h), model.unspent.size());
    EXPECT_EQ(index.processor.UtxoCount(), model.unspent.size());
    EXPECT_EQ(rows(store::Table::spender), model.spenders.size());
    EXPECT_EQ(rows(store::Table::txid), model.txs.size());
    EXPECT_EQ(rows(store::Table::txnum), model.txs.size());
    EXPECT_EQ(rows(store::Table::header), model.hashes.size());
    EXPECT_EQ(rows(store::Table::meta), 1u);
}

void ExpectTxProof(const Block& block, std::uint32_t height, std::uint32_t position, Query& query) {
    const Txid& txid = block.txs[position].txid;
    const auto proof = query.ProveTransaction(txid, Height{height});
    ASSERT_TRUE(proof);
    ASSERT_EQ(proof->place.position, position);
    EXPECT_EQ(FoldMerkle(HashCast<MerkleNode>(txid), proof->branch, position), block.merkle_root);
    EXPECT_EQ(query.GetTxid({{height}, position}).value(), txid);
    EXPECT_EQ(query.GetBranch({{height}, position}).value(), proof->branch);
}

void ExpectHeaderProof(std::span<const BlockPtr> chain, std::uint32_t height,
                       std::uint32_t checkpoint, Query& query) {
    std::vector<MerkleNode> leaves;
    for (std::uint32_t h = 0; h <= checkpoint; ++h)
        leaves.push_back(HashCast<MerkleNode>(chain[h]->hash));
    const auto proof = query.ProveHeader({height}, {checkpoint});
    EXPECT_EQ(proof.root, ComputeMerkleRoot(leaves));
    EXPECT_EQ(proof.branch, ProveMerkle(leaves, height).branch) << height << ' ' << checkpoint;
}

}  // namespace

std::vector<NaiveModel::Line> HistoryOf(Query& query, const HashX& script,
                                        const HistoryRange& range) {
    std::vector<NaiveModel::Line> lines;
    const auto visited =
        query.VisitHistory(AnyScriptHash(script), range, kNoLimit, [&](const HistoryEntry& entry) {
            lines.push_back({entry.txid, entry.height});
        });
    EXPECT_TRUE(visited);
    return lines;
}

void ExpectScript(const NaiveModel& chain, const NaiveMempool& mempool, const HashX& script,
                  Query& query) {
    const auto hash = AnyScriptHash(script);
    auto history = chain.History(script);
    std::vector<NaiveMempool::Line> unconfirmed;
    for (const auto& entry : query.GetMempool(hash))
        unconfirmed.push_back({entry.txid, entry.height, entry.fee});
    ASSERT_EQ(unconfirmed, mempool.OfScript(script));
    for (const auto& line : unconfirmed) history.push_back({line.txid, line.height});
    ASSERT_EQ(HistoryOf(query, script), history) << ToHex(script.bytes);
    ASSERT_EQ(query.GetStatus(hash), NaiveStatus(history)) << ToHex(script.bytes);
    const auto first = query.GetFirstUse(hash);
    ASSERT_EQ(first.has_value(), !history.empty());
    if (first) {
        ASSERT_EQ((NaiveModel::Line{first->txid, first->height}), history.front());
    }
    ASSERT_EQ(UnspentOf(query, script), mempool.Unspent(script)) << ToHex(script.bytes);
    const Balance balance = query.GetBalance(hash);
    Amount confirmed = 0;
    for (const auto& coin : chain.Unspent(script)) confirmed += coin.value;
    ASSERT_EQ(balance.confirmed, confirmed) << ToHex(script.bytes);
    ASSERT_EQ(balance.unconfirmed, mempool.Balance(script)) << ToHex(script.bytes);
}

void ExpectOutpoint(const NaiveModel& chain, const NaiveMempool& mempool, const OutPoint& point,
                    Query& query) {
    ASSERT_EQ(query.GetOutpoint(point), mempool.Outpoint(point))
        << ToDisplayHex(point.txid) << ':' << point.index;
    ASSERT_EQ(query.GetTransactionHeight(point.txid), mempool.HeightOf(point.txid));
    const auto confirmed = chain.NumOf(point.txid);
    ASSERT_EQ(query.FindTransaction(point.txid).has_value(), confirmed.has_value());
}

void ExpectModel(const NaiveModel& model, const OpenIndex& index, std::size_t check_every) {
    ASSERT_EQ(index.processor.GetTip()->hash, model.hashes.back());
    const NaiveMempool empty(model, {});
    Query query(index.MakeView(), store::Reach::disk);
    std::size_t nth = 0;
    for (const auto& [script, nums] : model.history) {
        if (nth++ % check_every != 0 && nums.size() < 100) continue;
        ExpectScript(model, empty, script, query);
        if (testing::Test::HasFatalFailure()) return;
    }
    const store::Reader reader(index.store, store::Reach::disk);
    ExpectSpenders(model, reader);
    ExpectOutpoints(model, reader);
    ExpectTransactions(model, index);
    ExpectRowCounts(model, index);
}

void ExpectProofs(std::span<const BlockPtr> chain, const OpenIndex& index, std::size_t samples) {
    Query query(index.MakeView(), store::Reach::disk);
    const auto headers = query.GetHeaders({0}, chain.size() + 1);
    ASSERT_EQ(headers.size(), chain.size());
    for (std::size_t h = 0; h < chain.size(); ++h) {
        const auto header = chain[h]->Header();
        ASSERT_TRUE(std::equal(header.begin(), header.end(), headers[h].begin(), headers[h].end()));
        ASSERT_EQ(query.GetBlockHash({static_cast<std::uint32_t>(h)}), chain[h]->hash);
    }
    std::mt19937 random(1);
    const auto below = [&](std::size_t bound) {
        return static_cast<std::uint32_t>(random() % bound);
    };
    for (std::size_t i = 0; i < samples; ++i) {
        const auto height = below(chain.size());
        ExpectTxProof(*chain[height], height, below(chain[height]->txs.size()), query);
        const auto checkpoint =
            i == 0 ? static_cast<std::uint32_t>(chain.size()) - 1 : below(chain.size());
        ExpectHeaderProof(chain, below(checkpoint + 1), checkpoint, query);
    }
    EXPECT_EQ(query.GetTxid({{static_cast<std::uint32_t>(chain.size())}, 0}).error(),
              QueryError::no_such_height);
    EXPECT_EQ(query.GetTxid({{0}, 1}).error(), QueryError::no_such_position);
}

}  // namespace amber::index
