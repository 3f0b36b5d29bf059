// roofline FILE: one pass of one thread over a file of blocks (bootstrap.dat format) that only
// parses them and hashes txids and output scripts. What a sync needs is told as a multiple of this.
// Prints one line of JSON. Times include reading the file: run twice to have it in memory.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "index/chain/coin.h"
#include "tests/bench/process_usage.h"
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
        t.bytes, t.blocks, t.txs, t.inputs, t.outputs, amber::bench::OwnCpuSeconds(), wall.count());
} catch (const std::exception& error) {
    std::fprintf(stderr, "roofline: %s\n", error.what());
    return 1;
}
