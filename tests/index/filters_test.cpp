// Filters of prefixes: the files of the last level have none, as most of what is asked for is there
// anyway; those above it, which a look-up would read in vain, have.
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <set>
#include <thread>

#include "index/digest.h"
#include "tests/index/bulk_build.h"

namespace amber::index::bulk {
namespace {

constexpr int kLastLevel = 6;
const std::set<std::string> kFiltered = {"txnum", "h", "u", "history"};

struct File {
    std::string table;
    int level;
    std::uint64_t rows, filter_bytes;
};

/// As RocksDB itself has it. Precondition: the store is closed.
std::vector<File> FilesOf(const std::filesystem::path& path) {
    std::vector<std::string> names;
    EXPECT_TRUE(rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), path, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    EXPECT_TRUE(
        rocksdb::DB::OpenForReadOnly(rocksdb::DBOptions(), path, families, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    std::vector<rocksdb::LiveFileMetaData> live;
    db->GetLiveFilesMetaData(&live);
    std::vector<File> files;
    for (auto* family : handles) {
        rocksdb::TablePropertiesCollection properties;
        EXPECT_TRUE(db->GetPropertiesOfAllTables(family, &properties).ok());
        for (const auto& [file, of] : properties)
            for (const auto& each : live)
                if (file.ends_with(each.relative_filename))
                    files.push_back(
                        {family->GetName(), each.level, of->num_entries, of->filter_size});
        db->DestroyColumnFamilyHandle(family);
    }
    EXPECT_EQ(files.size(), live.size());
    return files;
}

struct FiltersTest : testing::Test {
    const std::uint64_t seed = TestSeed();
    std::mt19937_64 random{seed};
    RandomChain chain = MakeChain(seed, 30);
    Build build;

    [[nodiscard]] std::filesystem::path Path() const { return build.path / "index"; }

    void BuildInBulk() {
        build.Connect(chain.blocks);
        ASSERT_TRUE(build.builder->Finish(kGoOn));
        build.builder.reset();
        build.store.reset();
    }
    /// A block, and its rows into files of their own, above all others.
    void Grow() {
        chain.Grow(30);
        {
            OpenIndex index(Regtest(), Path());
            index.processor.Connect(*chain.blocks.back(), BlockProcessor::Undo::keep);
            index.processor.Flush();
        }
        // What was not in files yet goes there at the next start, which also merges them.
        const store::Store store({.path = Path()});
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    /// The tables that have such files.
    std::set<std::string> ExpectFiltersAboveTheLastLevelOnly() {
        std::set<std::string> filtered;
        for (const File& file : FilesOf(Path())) {
            const bool wanted = kFiltered.contains(file.table) && file.level < kLastLevel;
            EXPECT_EQ(file.filter_bytes > 0, wanted)
                << file.table << ", level " << file.level << ", rows " << file.rows;
            if (wanted) filtered.insert(file.table);
        }
        return filtered;
    }
    /// What is there is found, and nothing else, by whole keys and by prefixes.
    void ExpectLookUps() {
        const store::Store store({.path = Path()});
        EXPECT_EQ(DigestOf(store), DigestOf(Regtest(), chain.blocks));
        const store::Reader reader(store, store::Reach::disk);
        for (const auto table :
             {store::Table::txnum, store::Table::h, store::Table::u, store::Table::history}) {
            auto cursor = reader.Prefixed(table);
            const Rows rows = DumpTable(reader, table);
            for (const auto& [key, value] : rows) {
                ASSERT_EQ(reader.Get(table, key), value);
                cursor.Seek(key);
                ASSERT_TRUE(cursor.Valid() && cursor.Key() == key);
                std::string absent = key;
                for (char& byte : absent) byte = static_cast<char>(random());
                ASSERT_EQ(reader.Get(table, absent), std::nullopt);
                cursor.Seek(absent);
                ASSERT_FALSE(cursor.At(absent.substr(0, 5))) << store::Name(table);
            }
        }
    }
};

TEST_F(FiltersTest, ABulkBuildHasNone) {
    BuildInBulk();
    std::set<std::string> tables;
    for (const File& file : FilesOf(Path())) {
        EXPECT_EQ(file.filter_bytes, 0u) << file.table;
        EXPECT_EQ(file.level, kLastLevel) << file.table;
        if (file.rows > 0) tables.insert(file.table);
    }
    for (const std::string& table : kFiltered) EXPECT_TRUE(tables.contains(table)) << table;
    ExpectLookUps();
}

TEST_F(FiltersTest, WhatComesLaterHasThemUntilItIsOnTheLastLevel) {
    BuildInBulk();
    std::set<std::string> merged;
    for (int round = 0; merged != kFiltered; ++round) {
        ASSERT_LT(round, 100) << "not all was merged";
        Grow();
        const auto filtered = ExpectFiltersAboveTheLastLevelOnly();
        if (round == 0) {
            EXPECT_EQ(filtered, kFiltered);
            ExpectLookUps();
        }
        for (const std::string& table : kFiltered)
            if (!filtered.contains(table)) merged.insert(table);
    }
    ExpectLookUps();
}

}  // namespace
}  // namespace amber::index::bulk
