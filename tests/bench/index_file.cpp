// index_file FILE [--cache-mb N] [--reorg-limit N] [--datadir DIR]: indexes a block file (bootstrap
// format, blocks in height order from genesis) by the classic path with no node, and prints what that
// cost as one line of JSON. With `sync` (a real node), the difference is the daemon client's.
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "index/block_processor.h"
#include "index/chain/coin.h"
#include "index/store/store.h"
#include "tests/support/block_file.h"

namespace {

double CpuSeconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
    using namespace amber;
    if (argc < 2) return std::cerr << "usage: index_file FILE [cache_mb [reorg_limit]]\n", 2;
    const std::size_t cache = (argc > 2 ? std::stoul(argv[2]) : 1024) << 20;
    const auto reorg_limit = static_cast<std::uint32_t>(argc > 3 ? std::stoul(argv[3]) : 200);
    const auto folder = std::filesystem::temp_directory_path() /
                        ("amber-index-file-" + std::to_string(::getpid()));
    const auto start = std::chrono::steady_clock::now();
    const index::Coin& coin = *index::FindCoin("bitcoin", "regtest");
    std::uint64_t bytes = 0, txs = 0;
    std::uint32_t blocks = 0;
    std::uint64_t disk = 0;
    const std::uint32_t total = argc > 4 ? static_cast<std::uint32_t>(std::stoul(argv[4])) : 1u << 30;
    {
        index::store::Store store({.path = folder, .cache_bytes = 64 << 20});
        index::BlockProcessor processor(coin, store, reorg_limit);
        test::BlockFile file(argv[1]);
        index::Bytes raw;
        while (file.Next(raw)) {
            bytes += raw.size();
            auto block = coin.codec->ParseBlock(std::move(raw));
            if (!block) return std::cerr << block.error().what << "\n", 1;
            txs += block->txs.size();
            processor.Connect(*block, blocks + reorg_limit >= total
                                          ? index::BlockProcessor::Undo::keep
                                          : index::BlockProcessor::Undo::skip);
            ++blocks;
            if (processor.PendingBytes() > cache - (64 << 20)) {
                std::cerr << "flush at " << blocks << " cpu " << CpuSeconds() << "\n";
                processor.Flush();
            }
        }
        std::cerr << "last flush, cpu " << CpuSeconds() << "\n";
        processor.Flush();
        disk = store.DiskBytes();
        std::cerr << "flushed, cpu " << CpuSeconds() << "\n";
    }
    const double wall =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("{\"bytes\":%llu,\"blocks\":%u,\"txs\":%llu,\"cpu_s\":%.2f,\"wall_s\":%.2f,"
                "\"cpu_s_per_gb\":%.2f,\"peak_rss_mb\":%ld,\"database_bytes\":%llu}\n",
                static_cast<unsigned long long>(bytes), blocks,
                static_cast<unsigned long long>(txs), CpuSeconds(), wall,
                CpuSeconds() / (static_cast<double>(bytes) / 1e9), usage.ru_maxrss / 1024,
                static_cast<unsigned long long>(disk));
    std::filesystem::remove_all(folder);
}
