// roofline FILE: one pass of one thread over a file of blocks (bootstrap.dat format) that only
// parses them and hashes txids and output scripts. What a sync needs is told as a multiple of this.
// Prints one line of JSON. Times include reading the file: run twice to have it in memory.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "index/chain/coin.h"
#include "tests/support/block_file.h"

using namespace amber::index;

namespace {

struct Totals {
    std::uint64_t bytes = 0, blocks = 0, txs = 0, inputs = 0, outputs = 0;
};

Totals Walk(const char* path, const Codec& codec) {
    amber::test::BlockFile file(path);
    Totals totals;
    Bytes raw;
    while (file.Next(raw)) {
        Block block = codec.ParseBlock(std::move(raw)).value();
        totals.bytes += block.raw.size();
        totals.blocks += 1;
        totals.txs += block.txs.size();
        totals.inputs += block.inputs.size();
        totals.outputs += block.outputs.size();
        raw = std::move(block.raw);  // keeps its memory
    }
    return totals;
}

double CpuSeconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 2) {
        std::fprintf(stderr, "usage: roofline FILE\n");
        return 2;
    }
    const auto start = std::chrono::steady_clock::now();
    const Totals t = Walk(argv[1], *FindCoin("bitcoin", "mainnet")->codec);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    std::printf(
        "{\"bytes\":%lu,\"blocks\":%lu,\"txs\":%lu,\"inputs\":%lu,\"outputs\":%lu,"
        "\"cpu_s\":%.3f,\"wall_s\":%.3f}\n",
        t.bytes, t.blocks, t.txs, t.inputs, t.outputs, CpuSeconds(), wall.count());
} catch (const std::exception& error) {
    std::fprintf(stderr, "roofline: %s\n", error.what());
    return 1;
}
