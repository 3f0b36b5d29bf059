// Hashing and parsing, one core, data in cache. With AMBER_CHAIN_DATA set, real blocks too.
#include <benchmark/benchmark.h>

#include <random>

#include "index/chain/coin.h"
#include "index/chain/hex.h"
#include "index/chain/merkle.h"
#include "index/chain/sha256.h"
#include "index/chain/sha256_kernel.h"
#include "tests/support/chain_data.h"
#include "tests/support/raw_block.h"

namespace amber::index {
namespace {

constexpr std::size_t kMessages = 1000;

const Sha256Kernel* KernelNumber(std::int64_t number) {
    return number == 0 ? ShaNiKernel() : &OpensslKernel();
}

void SetBytes(benchmark::State& state, std::size_t bytes_per_round) {
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes_per_round) * state.iterations());
}

/// args: kernel (0 SHA-NI, 1 OpenSSL), bytes per message, hashed twice.
void HashBatch(benchmark::State& state) {
    const Sha256Kernel* kernel = KernelNumber(state.range(0));
    if (kernel == nullptr) return state.SkipWithError("no SHA-NI");
    const auto size = static_cast<std::size_t>(state.range(1));
    const Bytes data(size * kMessages, 0x5a);
    std::vector<MerkleNode> digests(kMessages);
    std::vector<HashJob> jobs(kMessages);
    for (std::size_t i = 0; i < kMessages; ++i) {
        jobs[i].pieces[0] = ByteView(data).subspan(size * i, size);
        jobs[i].out32 = digests[i].bytes.data();
    }
    for (auto _ : state) {
        state.range(2) != 0 ? kernel->many_twice(jobs) : kernel->many(jobs);
        benchmark::ClobberMemory();
    }
    SetBytes(state, data.size());
    state.SetItemsProcessed(static_cast<std::int64_t>(kMessages) * state.iterations());
}
BENCHMARK(HashBatch)
    ->ArgNames({"kernel", "bytes", "twice"})
    ->ArgsProduct({{0, 1}, {25}, {0}})
    ->ArgsProduct({{0, 1}, {80, 250, 400, 5000}, {1}});

/// As ParseBlock hands them over: three pieces, lengths all over the place.
void HashMixedBatch(benchmark::State& state) {
    const Sha256Kernel* kernel = KernelNumber(state.range(0));
    if (kernel == nullptr) return state.SkipWithError("no SHA-NI");
    std::mt19937 random(1);
    const Bytes data(1 << 20, 0x5a);
    std::vector<MerkleNode> digests(kMessages);
    std::vector<HashJob> jobs(kMessages);
    std::size_t bytes = 0, offset = 0;
    for (std::size_t i = 0; i < kMessages; ++i) {
        const std::size_t size = random() % 12 == 0 ? random() % 3000 : 100 + random() % 200;
        jobs[i].pieces[0] = ByteView(data).subspan(offset, 4);
        jobs[i].pieces[1] = ByteView(data).subspan(offset + 6, size);
        jobs[i].pieces[2] = ByteView(data).subspan(offset + 6 + size, 4);
        jobs[i].out32 = digests[i].bytes.data();
        bytes += size + 8;
        offset = (offset + size) % 900'000;
    }
    for (auto _ : state) {
        kernel->many_twice(jobs);
        benchmark::ClobberMemory();
    }
    SetBytes(state, bytes);
    state.SetItemsProcessed(static_cast<std::int64_t>(kMessages) * state.iterations());
}
BENCHMARK(HashMixedBatch)->ArgName("kernel")->Arg(0)->Arg(1);

void MerkleRootOf(benchmark::State& state) {
    std::vector<MerkleNode> leaves(static_cast<std::size_t>(state.range(0)));
    for (std::size_t i = 0; i < leaves.size(); ++i)
        leaves[i].bytes[0] = static_cast<std::uint8_t>(i);
    for (auto _ : state) benchmark::DoNotOptimize(ComputeMerkleRoot(leaves));
    state.SetItemsProcessed(state.range(0) * state.iterations());
}
BENCHMARK(MerkleRootOf)->ArgName("leaves")->Arg(2500);

void HexDecode(benchmark::State& state) {
    const std::string text(3'000'000, 'a');
    Bytes bytes(text.size() / 2);
    for (auto _ : state) benchmark::DoNotOptimize(DecodeHex(text, bytes.data()));
    SetBytes(state, bytes.size());
}
BENCHMARK(HexDecode);

void HexEncode(benchmark::State& state) {
    const Bytes bytes(1'500'000, 0xab);
    std::string text(2 * bytes.size(), '\0');
    for (auto _ : state) {
        EncodeHex(bytes, text.data());
        benchmark::ClobberMemory();
    }
    SetBytes(state, bytes.size());
}
BENCHMARK(HexEncode);

void TxidToText(benchmark::State& state) {
    Txid txid = Sha256dAs<Txid>({});
    char text[64];
    for (auto _ : state) {
        detail::WriteDisplayHex(txid.bytes.data(), text);
        benchmark::DoNotOptimize(text);
    }
}
BENCHMARK(TxidToText);

void TxidFromText(benchmark::State& state) {
    const std::string text = ToDisplayHex(Sha256dAs<Txid>({}));
    for (auto _ : state) benchmark::DoNotOptimize(FromDisplayHex<Txid>(text));
}
BENCHMARK(TxidFromText);

/// Parse, txids, script hashes. The copy of the raw bytes is not counted.
void ParseOneBlock(benchmark::State& state, const Bytes& raw) {
    const Codec& codec = *FindCoin("bitcoin", "mainnet")->codec;
    Bytes copy = raw;
    std::size_t txs = 0;
    for (auto _ : state) {
        Block block = codec.ParseBlock(std::move(copy)).value();
        txs = block.txs.size();
        copy = std::move(block.raw);
    }
    SetBytes(state, raw.size());
    state.SetItemsProcessed(static_cast<std::int64_t>(txs) * state.iterations());
}

void RegisterBlocks() {
    std::vector<RawTx> txs;
    for (std::uint64_t seed = 0; seed < 1500; ++seed) txs.push_back(RandomTx(seed));
    static const Bytes synthetic = WriteBlock(txs);
    benchmark::RegisterBenchmark("ParseBlock/random", ParseOneBlock, synthetic);
    if (!test::ChainDataDir()) return;
    for (const auto& path : test::ChainDataFiles("blocks", R"(btc-mainnet-[4-8]\d+\.xz)")) {
        benchmark::RegisterBenchmark(("ParseBlock/" + path.stem().string()).c_str(), ParseOneBlock,
                                     test::ReadFile(path));
    }
}
const bool registered = (RegisterBlocks(), true);

}  // namespace
}  // namespace amber::index
