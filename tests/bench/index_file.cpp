// index_file FILE [--bulk] [--cache-mb N] [--reorg-limit N]: indexes a block file (bootstrap
// format, blocks in height order from genesis) with no node, block by block or (--bulk) by sorting,
// in a folder that is removed at the end, and prints what that cost as one line of JSON. What
// `sync` costs more is the daemon client's. `read_cpu_s` and `tables_cpu_s` are those of the bulk
// build, of `bulk_bytes`; the rest is that of the blocks at the end, which are not a part of it.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>

#include "index/block_processor.h"
#include "index/bulk/bulk_builder.h"
#include "index/chain/coin.h"
#include "index/store/store.h"
#include "tests/bench/peak_disk.h"
#include "tests/bench/process_usage.h"
#include "tests/support/block_file.h"

using namespace amber;

namespace {

struct Options {
    std::string file;
    bool bulk = false;
    std::size_t cache_mb = 1024;
    std::uint32_t reorg_limit = 200;
};

struct Result {
    std::uint64_t bytes = 0, txs = 0, inputs = 0, outputs = 0, database_bytes = 0;
    std::uint64_t peak_disk_bytes = 0;
    std::uint32_t blocks = 0;
    /// Of the bulk build: bytes of its blocks, CPU seconds to read them and to write the tables.
    std::uint64_t bulk_bytes = 0;
    double read_cpu = 0, tables_cpu = 0;
};

std::uint32_t CountBlocks(const std::string& path) {
    test::BlockFile file(path);
    index::Bytes raw;
    std::uint32_t count = 0;
    while (file.Next(raw)) ++count;
    return count;
}

Result Index(const Options& options, std::uint32_t total, const std::filesystem::path& folder) {
    const index::Coin& coin = *index::FindCoin("bitcoin", "regtest");
    constexpr std::size_t kReadCache = 64 << 20;
    index::store::Store store({.path = folder / "index", .cache_bytes = kReadCache});
    index::BlockProcessor processor(coin, store, options.reorg_limit);
    std::optional<index::bulk::BulkBuilder> builder;
    if (options.bulk)
        builder.emplace(coin, store, folder / "bulk", options.cache_mb * 1'000'000 - kReadCache);
    const bench::PeakDisk peak_disk(folder);
    test::BlockFile file(options.file);
    index::Bytes raw;
    Result result;
    const double cpu_before = bench::OwnCpuSeconds();
    while (file.Next(raw)) {
        result.bytes += raw.size();
        auto block = coin.codec->ParseBlock(std::move(raw));
        if (!block) throw std::runtime_error(std::string(block.error().what));
        result.txs += block->txs.size();
        result.inputs += block->inputs.size();
        result.outputs += block->outputs.size();
        const bool in_window = result.blocks + options.reorg_limit >= total;
        if (builder && in_window) {
            result.read_cpu = bench::OwnCpuSeconds() - cpu_before;
            result.bulk_bytes = result.bytes - block->raw.size();
            (void)builder->Finish([](double) { return true; });
            builder.reset();
            result.tables_cpu = bench::OwnCpuSeconds() - cpu_before - result.read_cpu;
            processor.Reload();
        }
        if (builder) {
            builder->Connect(*block);
            ++result.blocks;
            raw = std::move(block->raw);  // keeps its memory
            continue;
        }
        processor.Connect(*block, in_window ? index::BlockProcessor::Undo::keep
                                            : index::BlockProcessor::Undo::skip);
        ++result.blocks;
        if (processor.PendingBytes() > options.cache_mb * 1'000'000 - kReadCache) processor.Flush();
    }
    processor.Flush();
    result.database_bytes = store.DiskBytes();
    result.peak_disk_bytes = peak_disk.Bytes();
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("Indexes a block file with no node, and tells what it cost.");
    app.add_option("FILE", options.file, "blocks in the order of their heights")->required();
    app.add_flag("--bulk", options.bulk, "as a first sync does that is far from the tip");
    app.add_option("--cache-mb", options.cache_mb)->check(CLI::Range(128, 1'000'000));
    app.add_option("--reorg-limit", options.reorg_limit, "blocks at the end with undo rows");
    CLI11_PARSE(app, argc, argv);
    const auto folder =
        std::filesystem::temp_directory_path() / ("amber-index-file-" + std::to_string(::getpid()));
    int code = 0;
    try {
        const std::uint32_t total = CountBlocks(options.file);
        const double cpu_before = bench::OwnCpuSeconds();
        const auto start = std::chrono::steady_clock::now();
        const Result result = Index(options, total, folder);
        const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
        const double cpu = bench::OwnCpuSeconds() - cpu_before;
        const auto usage = bench::ReadProcessUsage(::getpid());
        std::printf(
            "{\"name\":\"index-file-%s\",\"bytes\":%lu,\"blocks\":%u,\"txs\":%lu,\"inputs\":%lu,"
            "\"outputs\":%lu,\"cpu_s\":%.2f,\"wall_s\":%.2f,\"cpu_s_per_gb\":%.2f,"
            "\"peak_rss_mb\":%lu,\"database_bytes\":%lu,\"bulk_bytes\":%lu,\"read_cpu_s\":%.2f,"
            "\"tables_cpu_s\":%.2f,\"peak_disk_bytes\":%lu}\n",
            options.bulk ? "bulk" : "blocks", result.bytes, result.blocks, result.txs,
            result.inputs, result.outputs, cpu, wall.count(),
            cpu / (static_cast<double>(result.bytes) / 1e9), usage.peak_resident_bytes >> 20,
            result.database_bytes, result.bulk_bytes, result.read_cpu, result.tables_cpu,
            result.peak_disk_bytes);
    } catch (const std::exception& error) {
        std::cerr << "index_file: " << error.what() << "\n";
        code = 1;
    }
    std::filesystem::remove_all(folder);
    return code;
}
