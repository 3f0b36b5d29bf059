// Tables built by sorting against tables built block by block, and what a build that is cut short
// leaves behind.
#include <gtest/gtest.h>

#include "index/bulk/bulk_builder.h"
#include "index/digest.h"
#include "tests/index/alike_chain.h"
#include "tests/index/bulk_build.h"

namespace amber::index::bulk {
namespace {

using Undo = BlockProcessor::Undo;

TEST(Bulk, EqualsTheClassicPath) {
    const auto seed = TestSeed();
    std::mt19937_64 random(seed);
    const auto chain = MakeChain(seed);
    for (const bool small : {false, true}) {
        Build build(small ? kSmall : 64 << 20);
        for (const auto& block : chain.blocks) {
            build.builder->Connect(*block);
            if (small && random() % 7 == 0) build.builder->Save();
        }
        build.ExpectDigestOf(chain.blocks);
    }
}

TEST(Bulk, OfNoBlockIsEmpty) {
    Build build;
    build.builder->Save();
    build.Reopen();
    ASSERT_TRUE(build.builder->Finish(kGoOn));
    EXPECT_TRUE(DumpTables(*build.store)[store::Table::header].empty());
}

TEST(Bulk, GoesOnFromWhatWasSaved) {
    const auto seed = TestSeed();
    std::mt19937_64 random(seed);
    const auto chain = MakeChain(seed);
    Build build;
    unsigned resumed = 0;
    std::size_t saved = 0;
    while (build.builder->NextHeight().value < chain.blocks.size()) {
        build.builder->Connect(*chain.blocks[build.builder->NextHeight().value]);
        if (random() % 6 == 0) {
            build.builder->Save();
            saved = build.builder->NextHeight().value;
        }
        if (random() % 9 != 0) continue;
        build.Reopen();  // as after kill -9
        ASSERT_EQ(build.builder->NextHeight().value, saved);
        resumed += saved > 0;
    }
    EXPECT_GT(resumed, 0u);
    build.ExpectDigestOf(chain.blocks);
}

TEST(Bulk, StoppedWhileTheTablesAreWrittenItGoesOn) {
    const auto seed = TestSeed();
    const auto chain = MakeChain(seed, 30);
    for (const int steps : {1, 3, 10}) {
        Build build;
        build.Connect(chain.blocks);
        double part = 0;
        int stops = 0;
        for (bool done = false; !done; ++stops) {
            ASSERT_LT(stops, 300) << "does the same work again and again";
            int left = steps;
            done = build.builder->Finish([&](double now) {
                EXPECT_GE(now, part) << "did work again";
                part = now;
                return --left > 0;
            });
            if (done) break;
            const FinishState record = RecordIn(build.Folder());
            EXPECT_EQ(static_cast<double>(record.work_done) / static_cast<double>(record.work),
                      part)
                << "the next does not begin where this one has stopped";
            build.Reopen();
            EXPECT_TRUE(build.builder->TablesBegun());
            EXPECT_EQ(build.builder->NextHeight().value, chain.blocks.size());
            EXPECT_TRUE(DumpTables(*build.store)[store::Table::header].empty());
        }
        EXPECT_GT(stops, 4);
        EXPECT_EQ(part, 1) << "the work was not what it was thought to be";
        EXPECT_EQ(DigestOf(*build.store), DigestOf(Regtest(), chain.blocks));
    }
}

TEST(Bulk, TheProcessorGoesOnAndBack) {
    const auto seed = TestSeed();
    auto chain = MakeChain(seed, 30);
    Build build;
    build.Connect(chain.blocks);
    build.ExpectDigestOf(chain.blocks);
    const auto before = DumpTables(*build.store);
    const std::size_t built = chain.blocks.size();
    for (int i = 0; i < 10; ++i) chain.Grow(20);

    BlockProcessor processor(Regtest(), *build.store, 20);
    ASSERT_EQ(processor.NextHeight().value, built);
    for (std::size_t height = built; height < chain.blocks.size(); ++height)
        processor.Connect(*chain.blocks[height], Undo::keep);
    processor.Flush();
    EXPECT_EQ(DigestOf(*build.store), DigestOf(Regtest(), chain.blocks));
    while (processor.NextHeight().value > built) ASSERT_TRUE(processor.Disconnect());
    EXPECT_FALSE(processor.Disconnect()) << "what was built in bulk has no undo";
    EXPECT_EQ(DumpTables(*build.store), before);
}

TEST(Bulk, OutpointsThatLookAlikeAreToldApart) {
    const auto seed = TestSeed();
    std::mt19937_64 random(seed);
    for (int round = 0; round < (kSanitized ? 3 : 20); ++round) {
        AlikeChain chain;
        std::vector<OutPoint> unspent;
        for (unsigned n = 0; n < 60; ++n) {
            const Txid txid = AlikeChain::AlikeTxid(n);
            std::vector<OutPoint> inputs;
            while (!unspent.empty() && random() % 2 == 0) {
                std::swap(unspent[random() % unspent.size()], unspent.back());
                inputs.push_back(unspent.back());
                unspent.pop_back();
            }
            Txid coinbase;
            coinbase.bytes.fill(static_cast<std::uint8_t>(n));
            chain.Add({{coinbase, {AlikeChain::Coinbase()}}, {txid, inputs, 2}});
            unspent.push_back({txid, 0});
            unspent.push_back({txid, 1});
        }
        Build build;
        for (const auto& block : chain.blocks) {
            build.builder->Connect(*block);
            if (random() % 3 == 0) build.builder->Save();
        }
        build.ExpectDigestOf(chain.blocks);
    }
}

/// Before BIP30: the second coinbase takes the place of the first, spent or not.
TEST(Bulk, ACoinbaseMayRepeatATxid) {
    const Txid twice = AlikeChain::AlikeTxid(1), other = AlikeChain::AlikeTxid(2),
               third = AlikeChain::AlikeTxid(3), spender = AlikeChain::AlikeTxid(9);
    for (const bool spend_first : {false, true})
        for (const bool spend_second : {false, true})
            for (unsigned saves = 0; saves < 16; saves += kSanitized ? 5 : 1) {
                SCOPED_TRACE(std::to_string(spend_first) + std::to_string(spend_second) + ' ' +
                             std::to_string(saves));
                AlikeChain chain;
                const auto coinbase = [](const Txid& txid) {
                    return AlikeChain::Tx{txid, {AlikeChain::Coinbase()}, 2};
                };
                chain.Add({coinbase(twice)});
                chain.Add({coinbase(other)});
                if (spend_first) {
                    chain.blocks.pop_back();
                    chain.Add({coinbase(other), {spender, {{twice, 0}}}});
                }
                chain.Add({coinbase(twice)});
                chain.Add({coinbase(third)});
                if (spend_second) {
                    chain.blocks.pop_back();
                    chain.Add({coinbase(third), {AlikeChain::AlikeTxid(10), {{twice, 0}}}});
                }
                Build build;
                for (std::size_t height = 0; height < chain.blocks.size(); ++height) {
                    build.builder->Connect(*chain.blocks[height]);
                    if (height > 0 && saves >> (height - 1) & 1) build.builder->Save();
                }
                build.ExpectDigestOf(chain.blocks);
            }
}

TEST(Bulk, ASpendOfWhatIsNotThereIsNamed) {
    const Txid tx = AlikeChain::AlikeTxid(1);
    const auto fails = [](const AlikeChain& chain) {
        Build build;
        for (const auto& block : chain.blocks) {
            build.builder->Connect(*block);
            build.builder->Save();
        }
        try {
            (void)build.builder->Finish(kGoOn);
        } catch (const FatalError& error) {
            EXPECT_TRUE(DumpTables(*build.store)[store::Table::header].empty());
            return std::string(error.what());
        }
        return std::string();
    };
    AlikeChain never;
    never.Add({{AlikeChain::AlikeTxid(7), {AlikeChain::Coinbase()}}, {tx, {{tx, 5}}}});
    EXPECT_NE(fails(never).find("spends output 5 of " + ToDisplayHex(tx)), std::string::npos);

    AlikeChain twice;
    twice.Add({{tx, {AlikeChain::Coinbase()}}});
    twice.Add({{AlikeChain::AlikeTxid(7), {AlikeChain::Coinbase()}},
               {AlikeChain::AlikeTxid(8), {{tx, 0}}}});
    twice.Add({{AlikeChain::AlikeTxid(9), {AlikeChain::Coinbase()}},
               {AlikeChain::AlikeTxid(10), {{tx, 0}}}});
    EXPECT_NE(fails(twice).find("is spent twice"), std::string::npos);
}

TEST(Bulk, ADamagedOrForeignFolderIsNamed) {
    const auto chain = MakeChain(1, 5);
    Build build;
    build.Connect(chain.blocks);
    build.builder->Save();
    const auto open_error = [&](const Coin& coin) {
        build.builder.reset();
        try {
            const BulkBuilder other(coin, *build.store, build.Folder(), kSmall);
        } catch (const std::exception& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(open_error(Regtest()), "");
    EXPECT_NE(open_error(Network("signet")).find("another coin or network"), std::string::npos);
    std::filesystem::resize_file(build.Folder() / "state",
                                 std::filesystem::file_size(build.Folder() / "state") - 1);
    EXPECT_NE(open_error(Regtest()).find("delete the folder"), std::string::npos);
}

}  // namespace
}  // namespace amber::index::bulk
