// Every script of whole chains against a naive model, however the index was built.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "index/bulk/bulk_builder.h"
#include "index/digest.h"
#include "tests/index/chain_source.h"
#include "tests/index/expect_model.h"
#include "tests/support/chain_data.h"

namespace amber::index {
namespace {

using Undo = BlockProcessor::Undo;

/// How an index comes to be.
struct Regime {
    const char* name;
    std::size_t flush_every;     ///< blocks; 0: once at the end
    std::size_t batch_rows_max;  ///< 0: always by files
    std::size_t undo_from;       ///< height from which blocks can be taken back
    std::size_t reopen_every;    ///< blocks; 0: never
    std::size_t check_every;     ///< scripts; 0: an equal digest will do
};

constexpr std::size_t kNever = 1'000'000;
constexpr Regime kRegimes[] = {
    {"a block at a time", 1, PendingRows::kBatchRowsMax, 0, 0, 1},
    {"all at once, by files", 0, 0, kNever, 0, 10},
    {"batches of 29 blocks, window in the middle, opened anew now and then", 29,
     PendingRows::kBatchRowsMax, 171, 331, 0},
    {"files of 23 blocks, window in the middle", 23, 0, 211, 0, 0},
    {"all at once as a batch, window at the end", 0, kNever * 100, 300, 0, 0},
};

/// Builds the index of a chain and hands it to `check`.
template <class Check>
void Build(const Coin& coin, const Chain& chain, const Regime& regime, Check check) {
    const TempFolder folder;
    auto index = std::make_unique<OpenIndex>(coin, folder.Path(), OpenIndex::kReorgLimit,
                                             regime.batch_rows_max);
    for (std::size_t height = 0; height < chain.size(); ++height) {
        index->processor.Connect(*chain[height],
                                 height >= regime.undo_from ? Undo::keep : Undo::skip);
        if (regime.flush_every && height % regime.flush_every == 0) index->processor.Flush();
        if (regime.reopen_every && height % regime.reopen_every == 1) {
            index->processor.Flush();
            index.reset();
            index = std::make_unique<OpenIndex>(coin, folder.Path(), OpenIndex::kReorgLimit,
                                                regime.batch_rows_max);
        }
    }
    index->processor.Flush();
    check(*index);
}

/// Built in bulk, leaving memory `saves` times.
Digest BulkDigest(const Coin& coin, const Chain& chain, std::size_t saves) {
    const TempFolder folder;
    store::Store store({.path = folder.Path() / "index"});
    bulk::BulkBuilder builder(coin, store, folder.Path() / "bulk", 64 << 20);
    for (std::size_t height = 0; height < chain.size(); ++height) {
        builder.Connect(*chain[height]);
        if (saves > 0 && height % (chain.size() / saves + 1) == 0) builder.Save();
    }
    EXPECT_TRUE(builder.Finish([](double) { return true; }));
    return ComputeDigest(store::Reader(store, store::Reach::disk));
}

void ExpectOracle(const Coin& coin, const Chain& chain, std::size_t samples) {
    const NaiveModel model(chain);
    std::cout << chain.size() << " blocks, " << model.txs.size() << " transactions, "
              << model.history.size() << " scripts, " << model.unspent.size() << " unspent\n";
    std::optional<Digest> first;
    for (const auto& regime : kRegimes) {
        SCOPED_TRACE(regime.name);
        Build(coin, chain, regime, [&](const OpenIndex& index) {
            const auto digest = ComputeDigest(store::Reader(index.store, store::Reach::disk));
            if (!first) first = digest;
            for (const auto table : store::AllTables()) {
                if (table == store::Table::undo) continue;
                EXPECT_EQ(digest.tables[static_cast<std::size_t>(table)],
                          first->tables[static_cast<std::size_t>(table)])
                    << Name(table);
            }
            EXPECT_EQ(digest.total, first->total);
            if (regime.check_every) ExpectModel(model, index, regime.check_every);
            if (&regime == kRegimes) ExpectProofs(chain, index, samples);
        });
        if (testing::Test::HasFatalFailure()) return;
    }
    for (const std::size_t saves : {0, 5, 37})
        EXPECT_EQ(BulkDigest(coin, chain, saves).total, first->total) << saves;
}

TEST(Oracle, GeneratedChain) {
    const auto& chain = OracleChain();
    if (!kSanitized) {
        std::size_t txs = 0;
        for (const auto& block : chain) txs += block->txs.size();
        ASSERT_GE(chain.size(), 1'000u);
        ASSERT_GE(txs, 99'000u);
    }
    ExpectOracle(Regtest(), chain, 300);
}

struct RealChain {
    const char* network;
    const char* file;
};
class OracleOfRealChains : public testing::TestWithParam<RealChain> {};

TEST_P(OracleOfRealChains, AgreesWithTheModel) {
    AMBER_NEEDS_CHAIN_DATA();
    const auto& [network, file] = GetParam();
    const auto chain = ReadChainFile(Network(network), *test::ChainDataDir() / "contiguous" / file);
    ASSERT_EQ(chain.front()->hash, Network(network).genesis);
    ExpectOracle(Network(network), chain, 100);
}

INSTANTIATE_TEST_SUITE_P(ChainData, OracleOfRealChains,
                         testing::Values(RealChain{"mainnet", "btc-mainnet-0-4312.dat.xz"},
                                         RealChain{"regtest",
                                                   "btc-regtest-0-103-getblockstats.dat.xz"},
                                         RealChain{"regtest", "btc-regtest-0-150.dat.xz"},
                                         RealChain{"regtest", "btc-regtest-0-206-segwit.dat.xz"},
                                         RealChain{"regtest", "btc-regtest-blocksci.dat.xz"},
                                         RealChain{"signet", "btc-signet-0-120.dat.xz"}));

}  // namespace
}  // namespace amber::index
