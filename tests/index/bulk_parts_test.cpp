// The parts of a bulk build, each by itself.
#include <gtest/gtest.h>

#include <random>

#include "index/bulk/durable_file.h"
#include "index/bulk/finish_state.h"
#include "index/bulk/partitioned_rows.h"
#include "index/bulk/row_sort.h"
#include "index/bulk/work.h"
#include "index/fatal_error.h"
#include "tests/index/open_index.h"
#include "tests/index/random_chain.h"

namespace amber::index::bulk {
namespace {

TEST(PartitionedRows, GivesBackWhatWasAdded) {
    const auto seed = TestSeed();
    std::mt19937_64 random(seed);
    const TempFolder folder;
    using Row = ScratchRow<9>;
    constexpr std::size_t kCount = 5, kPerFile = 2;
    using Bytes = std::vector<std::uint8_t>;
    std::vector<Bytes> model(kCount), saved_model(kCount);
    std::string saved;
    RowBuffer buffer;
    const auto open = [&] {
        return std::make_unique<PartitionedRows>(folder.Path() / "rows", sizeof(Row), kPerFile);
    };
    auto rows = open();
    for (int step = 0; step < 6000; ++step) {
        Bytes some((random() % 60) * sizeof(Row));
        for (auto& byte : some) byte = static_cast<std::uint8_t>(random());
        const std::size_t partition = random() % kCount;
        if (random() % 2 == 0)
            rows->Add(partition, some);
        else
            for (const Row& row : AsRows<Row>(some)) rows->AddAlone(partition, row);
        model[partition].insert(model[partition].end(), some.begin(), some.end());
        if (random() % 100 == 0) {
            saved = rows->Save() + "and more";
            saved_model = model;
        }
        if (saved.empty() || random() % 150 != 0) continue;
        rows = open();
        EXPECT_EQ(rows->Restore(saved, false), "and more");
        model = saved_model;
    }
    const auto expect_model = [&] {
        for (std::size_t partition = 0; partition < kCount; ++partition) {
            const auto read = rows->Read(partition, buffer);
            EXPECT_EQ(Bytes(read.begin(), read.end()), model[partition]);
        }
    };
    expect_model();
    EXPECT_TRUE(rows->Read(kCount, buffer).empty());
    ASSERT_GT(std::min(model[2].size(), model[3].size()), 2 * PartitionedRows::kChunkBytes);

    saved = rows->Save();
    const auto file_bytes = [&](int file) {
        return std::filesystem::file_size(folder.Path() / ("rows." + std::to_string(file)));
    };
    rows->Release(2);
    EXPECT_GT(file_bytes(1), 0u);
    rows->Release(3);
    EXPECT_EQ(file_bytes(1), 0u);
    model[2].clear();
    model[3].clear();
    expect_model();
    rows->Release(4);
    EXPECT_EQ(file_bytes(2), 0u) << "the last file has fewer partitions";

    rows = open();
    EXPECT_THROW(rows->Restore(saved, false), store::StoreError);
    rows->Restore(saved, true);
    EXPECT_THROW((void)rows->Read(2, buffer), store::StoreError) << "released, and asked for";
    rows = open();
    std::filesystem::resize_file(folder.Path() / "rows.0", file_bytes(0) / 2);
    EXPECT_THROW(rows->Restore(saved, false), store::StoreError);
}

TEST(RowSort, EqualsStdSort) {
    std::mt19937_64 random(TestSeed());
    SortSpace space;
    for (int round = 0; round < (kSanitized ? 60 : 400); ++round) {
        using Row = ScratchRow<13>;
        const unsigned shared_bits = static_cast<unsigned>(random() % 21);
        const unsigned alike = 1 + static_cast<unsigned>(random() % 100);
        std::vector<Row> rows(random() % (round % 4 == 0 ? 20'000 : 200));
        for (Row& row : rows) {
            for (auto& byte : row.bytes) byte = static_cast<std::uint8_t>(random());
            const std::uint64_t head = random() % 100 < alike ? 5 : random();
            row.SetInt<0, 8>(head >> shared_bits);
        }
        auto wanted = rows;
        std::sort(wanted.begin(), wanted.end());
        const auto sorted = SortRows(std::span(rows), shared_bits, space);
        ASSERT_EQ(sorted.size(), wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i)
            ASSERT_EQ(sorted[i].bytes, wanted[i].bytes) << i << " of " << wanted.size();
    }
}

/// A row of each kind changes how long the stages take that have to do with it, and no other.
TEST(Work, EachKindOfRowCounts) {
    const RowCounts some{.txnums = 1000,
                         .uses = 3000,
                         .spenders = 1000,
                         .created = 2000,
                         .spent = 1000,
                         .unspent = 1000};
    const auto change = [](std::uint64_t before, std::uint64_t after) {
        return (after > before) - (after < before);
    };
    struct Case {
        std::uint64_t RowCounts::*kind;
        int adding, matching, tables;
    };
    // To match a spend costs less than to keep the output.
    for (const Case& each :
         {Case{&RowCounts::txnums, 1, 0, 1}, Case{&RowCounts::uses, 1, 0, 1},
          Case{&RowCounts::spenders, 1, 0, 1}, Case{&RowCounts::created, 0, 1, 0},
          Case{&RowCounts::spent, 1, -1, 0}, Case{&RowCounts::unspent, 0, 0, 1}}) {
        RowCounts more = some;
        more.*each.kind += 500;
        EXPECT_EQ(change(work::Adding(some), work::Adding(more)), each.adding);
        EXPECT_EQ(change(work::Matching(some), work::Matching(more)), each.matching);
        EXPECT_EQ(change(work::Tables(some), work::Tables(more)), each.tables);
    }
    // What an output costs that is spent, its spend, and one that is not spent.
    const std::uint64_t spends = work::Matching({.spent = 500});
    const std::uint64_t pairs = work::Matching({.created = 500, .spent = 500});
    EXPECT_GT(spends, 0u);
    EXPECT_GT(pairs, spends);
    EXPECT_GT(work::Matching({.created = 500}), pairs - spends);

    const RowCounts matched = some.Matched();
    EXPECT_EQ(matched.txnums, 1000u);
    EXPECT_EQ(matched.uses, 4000u);
    EXPECT_EQ(matched.spenders, 2000u);
    EXPECT_EQ(matched.unspent, 2000u);
    EXPECT_EQ(matched.created + matched.spent, 0u);
}

TEST(DurableFile, IsTheOldOrTheNewOrNamed) {
    const TempFolder folder;
    const auto path = folder.Path() / "state";
    EXPECT_FALSE(ReadDurable(path));
    ReplaceDurably(path, "old");
    EXPECT_EQ(ReadDurable(path), "old");
    std::filesystem::copy_file(path, folder.Path() / "state.new");
    std::filesystem::resize_file(folder.Path() / "state.new", 2);  // a process was killed there
    EXPECT_EQ(ReadDurable(path), "old");
    ReplaceDurably(path, "");
    EXPECT_EQ(ReadDurable(path), "");
    const std::string text(100'000, 'x');
    ReplaceDurably(path, text);
    EXPECT_EQ(ReadDurable(path), text);
    for (const std::size_t size :
         {text.size() + 31, text.size(), std::size_t{40}, std::size_t{0}}) {
        std::filesystem::resize_file(path, size);
        EXPECT_THROW((void)ReadDurable(path), FatalError) << size;
    }
    EXPECT_THROW(ReplaceDurably(folder.Path() / "none" / "state", text), store::StoreError);
}

TEST(FinishState, ComesBack) {
    const FinishState state{.begun = true,
                            .ranges = 512,
                            .matched = 300,
                            .utxo_count = 1ull << 40,
                            .work = 1ull << 45,
                            .work_done = 3,
                            .written = {5, 0, 1000},
                            .files = {{store::Table::h, "h-0.0.sst"}, {store::Table::u, ""}}};
    const std::string bytes = state.Encode() + "rest";
    tables::RowReader in(bytes);
    const auto read = FinishState::Decode(in);
    EXPECT_EQ(in.Rest(), "rest");
    EXPECT_EQ(read.Encode(), state.Encode());
    EXPECT_EQ(read.files[1].table, store::Table::u);
    for (std::size_t size = 0; size < state.Encode().size(); ++size) {
        tables::RowReader cut(std::string_view(bytes).substr(0, size));
        EXPECT_THROW((void)FinishState::Decode(cut), store::StoreError) << size;
    }
}

}  // namespace
}  // namespace amber::index::bulk
