// The work of adding blocks to a bulk build, shared by threads.
#include "index/bulk/row_adder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <stdexcept>

#include "index/bulk/crew.h"
#include "tests/index/bulk_build.h"

namespace amber::index::bulk {
namespace {

TEST(Crew, DoesEachShareOnceAndTellsOfFailure) {
    for (const std::size_t size : {1u, 2u, 4u}) {
        Crew crew(size);
        std::vector<int> done(size);
        for (int time = 1; time <= 500; ++time) {
            crew.Run([&](std::size_t share) { ++done.at(share); });
            ASSERT_EQ(done, std::vector<int>(size, time));
        }
        for (std::size_t broken = 0; broken < size; ++broken) {
            std::atomic<std::size_t> others = 0;
            const auto work = [&](std::size_t share) {
                if (share == broken) throw std::runtime_error("the disk is full");
                ++others;
            };
            EXPECT_THROW(crew.Run(work), std::runtime_error);
            EXPECT_EQ(others, size - 1);
        }
        crew.Run([&](std::size_t share) { ++done.at(share); });
        EXPECT_EQ(done, std::vector<int>(size, 501));
    }
}

using Partition = std::vector<std::string>;

/// Sorted, by kind and partition.
std::vector<Partition> RowsOf(const Scattered& rows) {
    std::vector<Partition> all;
    RowBuffer buffer;
    const auto add = [&](const PartitionedRows& kind, std::size_t row_size) {
        for (std::size_t number = 0; number < kind.Partitions(); ++number) {
            const auto bytes = kind.Read(number, buffer);
            Partition& partition = all.emplace_back();
            for (std::size_t at = 0; at < bytes.size(); at += row_size)
                partition.emplace_back(bytes.begin() + at, bytes.begin() + at + row_size);
            std::sort(partition.begin(), partition.end());
        }
    };
    add(rows.txnums, sizeof(TxNumRow));
    add(rows.uses, sizeof(UseRow));
    add(rows.spenders, sizeof(SpenderRow));
    add(rows.created, sizeof(CreatedRow));
    add(rows.spent, sizeof(SpentRow));
    return all;
}

std::vector<Partition> RowsBy(unsigned share_bits, const Chain& chain) {
    constexpr std::size_t kBlocksInMemory = 7;
    const TempFolder folder;
    Scattered rows(folder.Path(), Scattered::PartitionBitsFor(0));
    UtxoCache::Txids txids;
    TxNum young_first{0}, next{0};
    std::deque<RowAdder> adders;
    for (std::size_t share = 0; share < std::size_t{1} << share_bits; ++share)
        adders.emplace_back(rows, txids, young_first, share, share_bits);
    Crew crew(adders.size());
    for (std::size_t height = 0; height < chain.size(); ++height) {
        const Block& block = *chain[height];
        for (const Block::Tx& tx : block.txs) txids.push_back(tx.txid);
        crew.Run([&](std::size_t share) { adders[share].Add(block, next, true); });
        next.value += block.txs.size();
        if (height % kBlocksInMemory != 0) continue;
        crew.Run([&](std::size_t share) { adders[share].Spill(); });
        txids.clear();
        young_first = next;
    }
    crew.Run([&](std::size_t share) { adders[share].Spill(); });
    return RowsOf(rows);
}

TEST(RowAdder, SeveralMakeTheRowsThatOneMakes) {
    const Chain chain = MakeChain(TestSeed()).blocks;
    const auto alone = RowsBy(0, chain);
    std::size_t count = 0;
    for (const Partition& partition : alone) count += partition.size();
    EXPECT_GT(count, 1000u);
    EXPECT_EQ(RowsBy(1, chain), alone);
    EXPECT_EQ(RowsBy(2, chain), alone);
}

}  // namespace
}  // namespace amber::index::bulk
