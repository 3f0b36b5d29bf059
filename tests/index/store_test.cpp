#include "index/store/store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

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
    batch.Put(Table::spender, "a", "1");
    batch.Delete(Table::spender, "a");
    batch.Put(Table::spender, "b", "1");
    batch.Put(Table::spender, "b", "2");
    store->Write(std::move(batch));
    EXPECT_FALSE(Disk().Get(Table::spender, "a"));
    EXPECT_EQ(Disk().Get(Table::spender, "b"), "2");
}

TEST_F(StoreTest, SnapshotStaysWhileTheDatabaseChanges) {
    Put(Table::spender, "a", "old");
    const Reader before(store->TakeSnapshot(), Reach::disk);
    auto cursor = before.Ordered(Table::spender);
    Put(Table::spender, "a", "new");
    Put(Table::spender, "b", "new");
    EXPECT_EQ(before.Get(Table::spender, "a"), "old");
    EXPECT_FALSE(before.Get(Table::spender, "b"));
    cursor.SeekToFirst();
    EXPECT_EQ(cursor.Value(), "old");
    cursor.Next();
    EXPECT_FALSE(cursor.Valid());
    EXPECT_EQ(Disk().Get(Table::spender, "a"), "new");
}

TEST_F(StoreTest, PrefixedCursorEndsWithItsPrefix) {
    const std::string a(11, 'a'), b(11, 'b');
    BulkLoad load(*store);  // in files the filter decides
    RowSink& sink = load.Into(Table::u);
    sink.Put(a + "1", "");
    sink.Put(a + "2", "");
    sink.Put(b + "1", "");
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
        RowSink& u = load.Into(Table::u);
        u.Put("new row of u", "2");
        u.Delete("old row of u");
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
    RowSink& sink = load.Into(Table::u);
    sink.Put("b", "1");
    EXPECT_THROW(sink.Put("a", "1"), StoreError);
    EXPECT_THROW(sink.Put("b", "1"), StoreError);
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
    Open();  // from memtables to files
    const std::string key = "prefix of row 1500";
    for (const Table table : AllTables()) {
        SCOPED_TRACE(Name(table));
        const Reader memory(*store, Reach::memory);
        EXPECT_THROW((void)memory.Get(table, key), NotInMemory);
        EXPECT_THROW(memory.Ordered(table).Seek(key), NotInMemory);
        EXPECT_THROW(memory.Prefixed(table).Seek(key), NotInMemory);
        // Once read from disk it is there.
        EXPECT_EQ(Disk().Get(table, key), "value");
        auto from_disk = Disk().Prefixed(table);
        from_disk.Seek(key);
        EXPECT_EQ(memory.Get(table, key), "value");
        auto cursor = memory.Prefixed(table);
        cursor.Seek(key);
        EXPECT_TRUE(cursor.At(key));
    }
}

TEST_F(StoreTest, CursorThatMissedFindsWhatHasBeenReadSince) {
    const auto key_of = [](int i) { return "script name" + std::to_string(100'000 + i); };
    {
        BulkLoad load(*store);  // large enough for its index to be in parts
        RowSink& sink = load.Into(Table::u);
        for (int i = 0; i < 100'000; ++i) sink.Put(key_of(i), "value");
        load.Commit();
    }
    Open();
    const Reader memory(*store, Reach::memory);
    auto cursor = memory.Prefixed(Table::u);
    for (const int i : {50'000, 100, 99'000}) {
        EXPECT_THROW(cursor.Seek(key_of(i)), NotInMemory) << i;
        Disk().Prefixed(Table::u).Seek(key_of(i));
        cursor.Seek(key_of(i));
        EXPECT_TRUE(cursor.At(key_of(i))) << i;
    }
}

TEST_F(StoreTest, SettledTxidsAreFoundAfterReopening) {
    const std::string rows = std::string(32, 'a') + std::string(32, 'b') + std::string(32, 'c');
    const auto settle = [&](std::string_view more, std::uint64_t count) {
        store->SettledTxids().Append(more);
        Put(Table::meta, Store::kSettledCountKey, Store::SettledCountValue(count));
    };
    settle(std::string_view(rows).substr(0, 32), 1);
    settle(std::string_view(rows).substr(32), 3);
    for (const bool read_only : {false, true}) {
        std::string read(5 * 32, '-');
        EXPECT_EQ(Disk().ReadSettledTxids(0, read), 3u);
        EXPECT_EQ(read.substr(0, 96), rows);
        EXPECT_EQ(Disk().ReadSettledTxids(2, read), 1u);
        EXPECT_EQ(read.substr(0, 32), std::string(32, 'c'));
        EXPECT_EQ(Disk().ReadSettledTxids(3, read), 0u);
        Open(read_only);
    }
}

// Amber keeps no blocks. What is kept as a flat file beside the database is settled txids, and the
// acceptance checks of flat files (b.4, 7 to 11) are held against it.

/// The lines of the log at level info while it lives.
class LoggedLines {
public:
    LoggedLines() : before_(spdlog::default_logger()) {
        const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink));
    }
    ~LoggedLines() { spdlog::set_default_logger(before_); }
    [[nodiscard]] std::string Text() const { return text_.str(); }

private:
    std::ostringstream text_;
    const std::shared_ptr<spdlog::logger> before_;
};

/// Wherever in the append the process was killed.
TEST_F(StoreTest, Check7_SettledTxidsThatWereNotCommittedAreCutOffAndTheLogSaysSo) {
    const auto path = Path() / "settled_txids";
    store->SettledTxids().Append(std::string(64, 'a'));
    Put(Table::meta, Store::kSettledCountKey, Store::SettledCountValue(2));
    for (std::size_t excess = 1; excess <= 65; ++excess) {
        store->SettledTxids().Append(std::string(96, 'x'));
        store.reset();
        std::filesystem::resize_file(path, 64 + excess);
        { const Store reader({.path = Path(), .read_only = true}); }
        ASSERT_EQ(std::filesystem::file_size(path), 64 + excess) << "not a reader's to change";
        const LoggedLines lines;
        Open();
        ASSERT_EQ(store->SettledTxids().Count(), 2u);
        ASSERT_EQ(std::filesystem::file_size(path), 64u);
        const std::string wanted =
            "settled_txids: " + std::to_string(excess) + " bytes cut off behind row 2";
        ASSERT_NE(lines.Text().find(wanted), std::string::npos) << lines.Text();
    }
    const LoggedLines lines;
    Open();
    EXPECT_EQ(lines.Text(), "") << "there was nothing to cut off";
    store->SettledTxids().Append(std::string(32, 'y'));
    std::string read(4 * 32, '-');
    EXPECT_EQ(Disk().ReadSettledTxids(0, read), 3u);
    EXPECT_EQ(read.substr(0, 96), std::string(64, 'a') + std::string(32, 'y'));
}

/// A bulk build hands its file over before it commits the count: killed in between, it is needed.
TEST_F(StoreTest, Check7_AFileThatIsABulkBuildsTooIsLeftWhole) {
    const auto built = folder.Path() / "built";
    std::ofstream(built) << std::string(64, 'b');
    store->AdoptSettledTxids(built, 2);
    Open();
    EXPECT_EQ(store->SettledTxids().Count(), 0u);
    EXPECT_EQ(std::filesystem::file_size(built), 64u);
    store->AdoptSettledTxids(built, 2);
    Put(Table::meta, Store::kSettledCountKey, Store::SettledCountValue(2));
    Open();
    EXPECT_EQ(store->SettledTxids().Count(), 2u);
}

/// The count is ahead of the file, by however little: both are named, and nothing is changed.
TEST_F(StoreTest, Check7_SettledTxidsThatAreMissingAreNamedWithBothPositions) {
    const auto path = Path() / "settled_txids";
    store->SettledTxids().Append(std::string(64, 'x'));
    Put(Table::meta, Store::kSettledCountKey, Store::SettledCountValue(2));
    store.reset();
    for (int size = 63; size >= 0; --size) {
        std::filesystem::resize_file(path, static_cast<std::uintmax_t>(size));
        for (const bool read_only : {true, false}) {
            const std::string error = OpenError({.path = Path(), .read_only = read_only});
            ASSERT_NE(error.find("settled_txids is shorter"), error.npos) << error;
            ASSERT_NE(error.find("(" + std::to_string(size) + " bytes for 2 rows of 32)"),
                      error.npos)
                << error;
            ASSERT_NE(error.find("sync again"), error.npos) << error;
        }
        ASSERT_EQ(std::filesystem::file_size(path), static_cast<std::uintmax_t>(size));
    }
}

/// Files of this process cannot grow beyond `bytes` while it lives.
class FileSizeLimit {
public:
    explicit FileSizeLimit(std::uint64_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*const handler_)(int);
};

/// At every byte, also after many rows.
TEST_F(StoreTest, Check9_AnAppendThatFailsLeavesTheFileAsItWas) {
    const auto path = folder.Path() / "rows";
    for (const std::size_t rows : {0u, 1u, 50u}) {
        std::filesystem::remove(path);
        RowFile file(path, 32, 0, false);
        file.Append(std::string(rows * 32, 'a'));
        for (std::size_t at = 0; at < 3 * 32; ++at) {
            {
                const FileSizeLimit limit(rows * 32 + at);
                EXPECT_THROW(file.Append(std::string(3 * 32, 'x')), StoreError) << at;
            }
            ASSERT_EQ(std::filesystem::file_size(path), rows * 32) << at;
            ASSERT_EQ(file.Count(), rows);
        }
        file.Append(std::string(32, 'y'));
        std::string read((rows + 1) * 32, '-');
        file.Read(0, read, Reach::disk);
        EXPECT_EQ(read, std::string(rows * 32, 'a') + std::string(32, 'y'));
    }
}

TEST_F(StoreTest, SettledCountThatIsDamagedIsNamed) {
    Put(Table::meta, Store::kSettledCountKey, Store::SettledCountValue(2).substr(1));
    store.reset();
    const std::string error = OpenError({.path = Path()});
    EXPECT_NE(error.find("count of settled txids"), error.npos) << error;
}

/// Not under TempFolder, which is in memory where it can be; skipped if the other place is too.
TEST_F(StoreTest, SettledTxidsOutOfMemoryAreLeftToTheDisk) {
    const auto path = std::filesystem::temp_directory_path() /
                      ("amber-row-file-test-" + std::to_string(getpid()));
    RowFile file(path, 32, 0, false);
    const std::string rows(16 << 20, 'x');
    file.Append(rows);
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::filesystem::remove(path);
    bool evicted = false, left_to_the_disk = false;
    // The system begins to fetch what is asked for, and may have a little at once, but not all.
    for (int tries = 0; tries < 20 && !left_to_the_disk; ++tries) {
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
        void* const mapped = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, descriptor, 0);
        unsigned char resident = 0;
        mincore(mapped, 4096, &resident);
        munmap(mapped, 4096);
        evicted |= (resident & 1) == 0;
        std::string read(rows.size(), '-');
        try {
            file.Read(0, read, Reach::memory);
        } catch (const NotInMemory&) {
            left_to_the_disk = true;
            file.Read(0, read, Reach::disk);
        }
        ASSERT_TRUE(read == rows);
    }
    close(descriptor);
    if (!evicted) GTEST_SKIP() << "the page stays in memory";
    EXPECT_TRUE(left_to_the_disk);
}

TEST_F(StoreTest, FullDiskIsNamedWithAdvice) {
    RowFile file("/dev/full", 32, 0, false);
    try {
        file.Append(std::string(32, 'x'));
        FAIL() << "written";
    } catch (const StoreError& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("disk is full (/dev/full)"), text.npos) << text;
        EXPECT_NE(text.find("free some space"), text.npos) << text;
    }
    EXPECT_EQ(file.Count(), 0u);
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
}

}  // namespace
}  // namespace amber::index::store
