// A bulk build that is killed at any moment, that fills the disk, or that has little memory.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cstring>
#include <fstream>

#include "index/digest.h"
#include "tests/index/bulk_build.h"
#include "tests/index/writer_process.h"

namespace amber::index::bulk {
namespace {

constexpr const char* kFolder = "AMBER_BULK_FOLDER";

TEST(BulkWriter, BuildsUntilItIsKilled) {
    if (!WriterProcess::IsTold(kFolder)) GTEST_SKIP() << "only started by the test BulkCrash";
    const auto chain = MakeChain(TestSeed(), 40).blocks;
    std::mt19937_64 random(std::random_device{}());
    const bool done = IsDone(WriterProcess::Text(kFolder));
    WriterProcess::TellReady();
    if (done) return;
    Build build(WriterProcess::Text(kFolder), kSmall);
    while (!build.builder->TablesBegun() && build.builder->NextHeight().value < chain.size()) {
        build.builder->Connect(*chain[build.builder->NextHeight().value]);
        if (random() % 4 == 0) build.builder->Save();
    }
    ASSERT_TRUE(build.builder->Finish(kGoOn));
}

TEST(BulkCrash, KilledAtAnyMomentItGoesOn) {
    const auto seed = TestSeed();
    std::mt19937_64 random(seed);
    const auto digest = DigestOf(Regtest(), MakeChain(seed, 40).blocks);
    auto folder = std::make_unique<TempFolder>();
    int while_reading = 0, while_writing = 0, finished = 0;
    std::uint64_t longest_us = 100'000;  // set by what happens, as machines differ
    const auto enough = [&] {
        const int kills = kSanitized ? 10 : 50;
        return while_reading > 0 && while_writing > 0 && while_reading + while_writing >= kills;
    };
    while (!enough()) {
        SCOPED_TRACE(while_reading + while_writing);
        ASSERT_LT(while_reading + while_writing, 500) << "always killed at the same stage";
        WriterProcess writer("BulkWriter.*", {Variable(kFolder, folder->Path().string()),
                                              Variable("AMBER_SEED", seed)});
        ASSERT_TRUE(writer.WaitUntilReady()) << "it did not open the database";
        if (writer.KillAfter(std::chrono::microseconds(random() % longest_us))) {
            // The journal is there as soon as a step of a table is done.
            const bool writing = std::filesystem::exists(folder->Path() / "bulk" / "tables");
            ++(writing ? while_writing : while_reading);
            if (!writing) longest_us += longest_us / 4;
            continue;
        }
        longest_us = longest_us / 3 * 2;
        ASSERT_EQ(writer.ExitCode(), 0);
        ++finished;
        {
            const store::Store store({.path = folder->Path() / "index"});
            ASSERT_EQ(DigestOf(store), digest);
        }
        folder = std::make_unique<TempFolder>();
    }
    std::cout << while_reading << " kills while reading, " << while_writing
              << " while writing, finished " << finished << " times\n";
    // The last of them, if it has not come to its end.
    WriterProcess writer(
        "BulkWriter.*", {Variable(kFolder, folder->Path().string()), Variable("AMBER_SEED", seed)});
    ASSERT_TRUE(writer.WaitUntilReady());
    ASSERT_EQ(writer.WaitForEnd(), 0);
    const store::Store store({.path = folder->Path() / "index"});
    EXPECT_EQ(DigestOf(store), digest);
}

/// A disk of a given size.
class SmallDisk {
public:
    explicit SmallDisk(std::uint64_t kilobytes) { Mount(kilobytes, 0); }
    ~SmallDisk() {
        if (mounted_) umount2(folder_.Path().c_str(), MNT_DETACH);
    }
    /// Not where we may not mount.
    [[nodiscard]] bool Works() const { return mounted_; }
    [[nodiscard]] std::filesystem::path Path() const { return folder_.Path(); }
    void Resize(std::uint64_t kilobytes) { Mount(kilobytes, MS_REMOUNT); }

private:
    void Mount(std::uint64_t kilobytes, unsigned long flags) {
        const std::string size = "size=" + std::to_string(kilobytes) + "k";
        mounted_ = mount("tmpfs", folder_.Path().c_str(), "tmpfs", flags, size.c_str()) == 0;
    }
    TempFolder folder_;
    bool mounted_ = false;
};

TEST(BulkDisk, WhenItIsFullTheNextStartGoesOn) {
    const auto seed = TestSeed();
    std::mt19937_64 random(seed);
    const auto chain = MakeChain(seed, 40).blocks;
    constexpr std::uint64_t kFirst = 300, kMore = 60;  // kilobytes
    SmallDisk disk(kFirst);
    if (!disk.Works()) GTEST_SKIP() << "mounting a file system needs root";
    int full_at_start = 0, full_reading = 0, full_writing = 0;
    std::string digest;
    for (std::uint64_t size = kFirst;; size += 1 + random() % kMore) {
        ASSERT_LT(size, 20'000u);
        disk.Resize(size);
        int* phase = &full_at_start;
        try {
            Build build(disk.Path(), kSmall);
            phase = &full_reading;
            while (!build.builder->TablesBegun() &&
                   build.builder->NextHeight().value < chain.size()) {
                build.builder->Connect(*chain[build.builder->NextHeight().value]);
                if (random() % 4 == 0) build.builder->Save();
            }
            phase = &full_writing;
            ASSERT_TRUE(build.builder->Finish(kGoOn));
            EXPECT_EQ(DigestOf(*build.store), DigestOf(Regtest(), chain));
            break;
        } catch (const store::StoreError& error) {
            ++*phase;
            EXPECT_NE(std::string(error.what()).find("full"), std::string::npos) << error.what();
        }
    }
    std::cout << "full " << full_at_start << " times at the start, " << full_reading
              << " while reading, " << full_writing << " while writing\n";
    EXPECT_GT(full_reading, 0);
    EXPECT_GT(full_writing, 0);
}

std::size_t ResidentBytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0, resident = 0;
    file >> pages >> resident;
    return resident * 4096;
}

/// Blocks of many transactions with one output each, none of them spent.
class ManyOutputs {
public:
    explicit ManyOutputs(std::uint64_t seed) : random_(seed) {}

    const Block& Next() {
        constexpr std::uint32_t kTxs = 10'000;
        const BlockHash previous = block_.hash;
        block_ = *GenesisBlock();
        if (blocks_++ == 0) return block_;
        block_.previous = previous;
        block_.hash = BlockHash{};
        block_.hash.bytes[0] = static_cast<std::uint8_t>(blocks_);
        block_.txs.clear();
        block_.outputs.clear();
        block_.inputs.clear();
        for (std::uint32_t i = 0; i < kTxs; ++i) {
            block_.txs.push_back({.txid = Random<Txid>(), .first_output = i, .output_count = 1});
            block_.outputs.push_back({.value = 1, .hash_x = Random<HashX>()});
        }
        return block_;
    }

private:
    template <class Digest>
    Digest Random() {
        Digest digest;
        for (std::size_t at = 0; at < digest.bytes.size(); at += 8) {
            const std::uint64_t word = random_();
            std::memcpy(digest.bytes.data() + at, &word,
                        std::min(sizeof word, digest.bytes.size() - at));
        }
        return digest;
    }
    std::mt19937_64 random_;
    Block block_;
    std::uint32_t blocks_ = 0;
};

TEST(BulkMemory, KeepsToItsBudget) {
    if (kSanitized) GTEST_SKIP() << "sanitizers have memory of their own";
    // Kept in memory, the outputs would take 136 MB and the txids 128 MB.
    constexpr std::size_t kBudget = 64 << 20, kBlocks = 400;
    // Of 512 partitions, 16 kB for each of six kinds of rows; and what the test and the store take.
    constexpr std::size_t kBesides = 80 << 20;
    ManyOutputs chain(TestSeed());
    const std::size_t before = ResidentBytes();
    Build build(kBudget);
    std::size_t most = 0;
    // What tests before this one left may be given back meanwhile.
    const auto look = [&] { most = std::max(most, std::max(ResidentBytes(), before) - before); };
    for (std::size_t i = 0; i < kBlocks; ++i) {
        build.builder->Connect(chain.Next());
        look();
    }
    std::cout << (most >> 20) << " MB while reading, ";
    EXPECT_LT(most, kBudget + kBesides);
    EXPECT_GT(most, kBudget / 2) << "has more memory than it uses";
    most = 0;
    ASSERT_TRUE(build.builder->Finish([&](double) {
        look();
        return true;
    }));
    std::cout << (most >> 20) << " MB while writing\n";
    EXPECT_LT(most, kBudget + kBesides);
}

}  // namespace
}  // namespace amber::index::bulk
