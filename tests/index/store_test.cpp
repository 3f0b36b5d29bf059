#include "index/store/store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "index/store/bulk_load.h"
#include "index/store/reader.h"
#include "tests/index/open_index.h"

namespace amber::index::store {
namespace {

struct StoreTest : testing::Test {
    StoreTest() { Open(); }
    void Open(bool read_only = false) {
        store.reset();
        store = std::make_unique<Store>(
            StoreOptions{.path = Path(), .cache_bytes = 8 << 20, .read_only = read_only});
    }
    [[nodiscard]] std::filesystem::path Path() const { return folder.Path() / "db"; }
    [[nodiscard]] Reader Disk() const { return {*store, Reach::disk}; }
    void Put(Table table, std::string_view key, std::string_view value) {
        Batch batch(*store);
        batch.Put(table, key, value);
        store->Write(std::move(batch));
    }
    std::string OpenError(const StoreOptions& options) {
        try {
            const Store other(options);
        } catch (const StoreError& error) {
            return error.what();
        }
        return {};
    }

    TempFolder folder;
    std::unique_ptr<Store> store;
};

TEST_F(StoreTest, BatchIsReadableAtOnceAndAfterReopening) {
    Batch batch(*store);
    for (const Table table : AllTables()) batch.Put(table, "0123456789abcdef", Name(table));
    EXPECT_FALSE(Disk().Get(Table::h, "0123456789abcdef"));
    store->Write(std::move(batch));
    for (int round = 0; round < 2; ++round) {
        for (const Table table : AllTables())
            EXPECT_EQ(Disk().Get(table, "0123456789abcdef"), std::string(Name(table)));
        Open();
    }
}

TEST_F(StoreTest, LaterChangesOfABatchWin) {
    Batch batch(*store);
    batch.Put(Table::txid, "a", "1");
    batch.Delete(Table::txid, "a");
    batch.Put(Table::txid, "b", "1");
    batch.Put(Table::txid, "b", "2");
    store->Write(std::move(batch));
    EXPECT_FALSE(Disk().Get(Table::txid, "a"));
    EXPECT_EQ(Disk().Get(Table::txid, "b"), "2");
}

TEST_F(StoreTest, SnapshotStaysWhileTheDatabaseChanges) {
    Put(Table::txid, "a", "old");
    const Reader before(store->TakeSnapshot(), Reach::disk);
    auto cursor = before.Ordered(Table::txid);
    Put(Table::txid, "a", "new");
    Put(Table::txid, "b", "new");
    EXPECT_EQ(before.Get(Table::txid, "a"), "old");
    EXPECT_FALSE(before.Get(Table::txid, "b"));
    cursor.SeekToFirst();
    EXPECT_EQ(cursor.Value(), "old");
    cursor.Next();
    EXPECT_FALSE(cursor.Valid());
    EXPECT_EQ(Disk().Get(Table::txid, "a"), "new");
}

TEST_F(StoreTest, GetManyKeepsTheOrderAsked) {
    Put(Table::txid, "a", "1");
    Put(Table::txid, "c", "3");
    const std::string_view keys[] = {"c", "b", "a", "c"};
    const auto values = Disk().GetMany(Table::txid, keys);
    ASSERT_EQ(values.size(), 4u);
    EXPECT_EQ(values[0], "3");
    EXPECT_FALSE(values[1]);
    EXPECT_EQ(values[2], "1");
    EXPECT_EQ(values[3], "3");
}

TEST_F(StoreTest, PrefixedCursorEndsWithItsPrefix) {
    const std::string a(11, 'a'), b(11, 'b');
    BulkLoad load(*store);  // in files the filter decides
    load.Into(Table::u).Put(a + "1", "");
    load.Into(Table::u).Put(a + "2", "");
    load.Into(Table::u).Put(b + "1", "");
    load.Commit();
    auto cursor = Disk().Prefixed(Table::u);
    cursor.Seek(a);
    ASSERT_TRUE(cursor.At(a));
    cursor.Next();
    ASSERT_TRUE(cursor.At(a));
    cursor.Next();
    EXPECT_FALSE(cursor.At(a));
    cursor.Seek(std::string(11, 'c'));
    EXPECT_FALSE(cursor.At(std::string(11, 'c')));
    cursor.Seek(b);
    EXPECT_TRUE(cursor.At(b)) << "a cursor can be used again after its end";
}

TEST_F(StoreTest, BulkLoadIsInvisibleUntilItsCommit) {
    Put(Table::u, "old row of u", "1");
    {
        BulkLoad load(*store);
        load.Into(Table::u).Put("new row of u", "2");
        load.Into(Table::u).Delete("old row of u");
        load.Into(Table::history).Put("row of history", "3");
        load.Into(Table::meta).Put("state", "4");
        EXPECT_FALSE(Disk().Get(Table::u, "new row of u"));
        EXPECT_EQ(Disk().Get(Table::u, "old row of u"), "1");
        load.Commit();
    }
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(Disk().Get(Table::u, "new row of u"), "2");
        EXPECT_FALSE(Disk().Get(Table::u, "old row of u"));
        EXPECT_EQ(Disk().Get(Table::history, "row of history"), "3");
        EXPECT_EQ(Disk().Get(Table::meta, "state"), "4");
        Open();
    }
    EXPECT_FALSE(std::filesystem::exists(Path() / "load"));
}

TEST_F(StoreTest, AbandonedBulkLoadLeavesNothing) {
    {
        BulkLoad load(*store);
        load.Into(Table::u).Put("row", "1");
    }
    EXPECT_FALSE(Disk().Get(Table::u, "row"));
    EXPECT_FALSE(std::filesystem::exists(Path() / "load"));
}

TEST_F(StoreTest, KeysOutOfOrderAreAnError) {
    BulkLoad load(*store);
    load.Into(Table::u).Put("b", "1");
    EXPECT_THROW(load.Into(Table::u).Put("a", "1"), StoreError);
    EXPECT_THROW(load.Into(Table::u).Put("b", "1"), StoreError);
}

TEST_F(StoreTest, BulkLoadsAndBatchesTakeTurns) {
    for (int round = 0; round < 5; ++round) {
        Put(Table::meta, "state", "batch " + std::to_string(round));
        EXPECT_EQ(Disk().Get(Table::meta, "state"), "batch " + std::to_string(round));
        BulkLoad load(*store);
        load.Into(Table::meta).Put("state", "load " + std::to_string(round));
        load.Commit();
        EXPECT_EQ(Disk().Get(Table::meta, "state"), "load " + std::to_string(round));
    }
    store->Compact();
    Open();
    EXPECT_EQ(Disk().Get(Table::meta, "state"), "load 4");
}

TEST_F(StoreTest, MemoryReachAnswersOnlyWhatWasRead) {
    {
        Batch batch(*store);
        for (const Table table : AllTables())
            for (int i = 0; i < 1000; ++i)
                batch.Put(table, "prefix of row " + std::to_string(1000 + i), "value");
        store->Write(std::move(batch));
    }
    store->Compact();  // from memtables to files
    Open();
    const std::string key = "prefix of row 1500";
    const std::string_view keys[] = {key};
    for (const Table table : AllTables()) {
        SCOPED_TRACE(Name(table));
        const Reader memory(*store, Reach::memory);
        EXPECT_THROW((void)memory.Get(table, key), NotInMemory);
        EXPECT_THROW((void)memory.GetMany(table, keys), NotInMemory);
        EXPECT_THROW(memory.Ordered(table).Seek(key), NotInMemory);
        EXPECT_THROW(memory.Prefixed(table).Seek(key), NotInMemory);
        // Once read from disk it is there.
        EXPECT_EQ(Disk().Get(table, key), "value");
        auto from_disk = Disk().Prefixed(table);
        from_disk.Seek(key);
        EXPECT_EQ(memory.Get(table, key), "value");
        EXPECT_EQ(memory.GetMany(table, keys)[0], "value");
        auto cursor = memory.Prefixed(table);
        cursor.Seek(key);
        EXPECT_TRUE(cursor.At(key));
    }
}

TEST_F(StoreTest, SecondOpenIsRefusedWithAdviceAndHarmsNothing) {
    // The first is in the middle of a load.
    BulkLoad load(*store);
    load.Into(Table::u).Put("row", "1");
    ASSERT_TRUE(std::filesystem::exists(Path() / "load"));
    const auto expect_refused = [&] {
        const std::string error = OpenError({.path = Path()});
        return error.find("another amberd is using") != error.npos &&
               error.find("--datadir") != error.npos;
    };
    EXPECT_TRUE(expect_refused());
    const pid_t child = ::fork();
    if (child == 0) ::_exit(expect_refused() ? 0 : 1);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "another process";
    load.Commit();
    EXPECT_EQ(Disk().Get(Table::u, "row"), "1");
}

TEST_F(StoreTest, ReadOnlyOpenNeitherLocksNorCreates) {
    Put(Table::u, "row", "1");
    {
        const Store reader({.path = Path(), .read_only = true});
        EXPECT_EQ(Reader(reader, Reach::disk).Get(Table::u, "row"), "1");
    }
    Put(Table::u, "row", "2");
    const auto missing = folder.Path() / "missing";
    EXPECT_NE(OpenError({.path = missing, .read_only = true}), "");
    EXPECT_FALSE(std::filesystem::exists(missing / "CURRENT"));
}

TEST_F(StoreTest, LeftoversOfALoadAreRemovedAtOpening) {
    store.reset();
    std::filesystem::create_directories(Path() / "load");
    std::ofstream(Path() / "load" / "0.sst") << "half a file";
    { const Store reader({.path = Path(), .read_only = true}); }
    EXPECT_TRUE(std::filesystem::exists(Path() / "load" / "0.sst")) << "not ours to remove";
    Open();
    EXPECT_FALSE(std::filesystem::exists(Path() / "load"));
}

TEST_F(StoreTest, FolderThatCannotBeMadeIsNamed) {
    std::ofstream(folder.Path() / "file") << "x";
    const std::string error = OpenError({.path = folder.Path() / "file" / "db"});
    EXPECT_NE(error.find("file/db"), error.npos) << error;
    EXPECT_NE(error.find("--datadir"), error.npos) << error;
}

TEST_F(StoreTest, DamagedDatabaseIsNamedWithAdvice) {
    Put(Table::u, "row", "1");
    store.reset();
    std::ofstream(Path() / "CURRENT") << "no name of a manifest\n";
    const std::string error = OpenError({.path = Path()});
    EXPECT_NE(error.find(Path().string()), error.npos) << error;
    EXPECT_NE(error.find("sync again"), error.npos) << error;
}

TEST_F(StoreTest, TellsItsSize) {
    Put(Table::u, "row", std::string(100'000, 'x'));
    EXPECT_GT(store->DiskBytes(), 1000u);
    EXPECT_GT(store->MemoryBytes(), 100'000u);
}

}  // namespace
}  // namespace amber::index::store
