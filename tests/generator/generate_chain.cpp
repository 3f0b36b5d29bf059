// generate_chain: writes a regtest chain as a bootstrap file, for `bitcoind -regtest
// -loadblock=FILE` (genesis block first), and beside it FILE.json, which says what is in it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>

#include "tests/generator/busy_chain.h"
#include "tests/generator/mainnet_chain.h"
#include "tests/generator/oracle_chain.h"

namespace {

using namespace amber::generator;

struct Arguments {
    std::string profile = "oracle", out;
    OracleOptions oracle;
    MainnetOptions mainnet;
    std::int64_t end_time = 0;
    double bytes = 1.17e9;
};

/// The last block is recent, or the node would call itself in initial download. Whole hours, so
/// that two runs of one hour write equal files.
std::int64_t DefaultEndTime() {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    return now / 3600 * 3600 - 600;
}

std::unique_ptr<ChainGenerator> MakeGenerator(Arguments& arguments) {
    const auto end = arguments.end_time != 0 ? arguments.end_time : DefaultEndTime();
    const auto first_time = [&](std::uint32_t blocks) {
        return static_cast<std::uint32_t>(end - std::int64_t{kBlockSpacing} * blocks);
    };
    if (arguments.profile == "mainnet") {
        arguments.mainnet.bytes = static_cast<std::uint64_t>(arguments.bytes);
        arguments.mainnet.seed = arguments.oracle.seed;
        arguments.mainnet.first_time =
            first_time(MainnetChain::BlockCount(arguments.mainnet.bytes));
        return std::make_unique<MainnetChain>(arguments.mainnet);
    }
    if (arguments.profile == "busy") {
        const std::uint32_t txs = arguments.oracle.txs;
        return std::make_unique<BusyChain>(
            BusyOptions{.txs = txs, .first_time = first_time(BusyChain::BlockCount(txs))});
    }
    arguments.oracle.first_time = first_time(arguments.oracle.blocks);
    return std::make_unique<OracleChain>(arguments.oracle);
}

void WriteRecord(const Bytes& block, std::ofstream& file) {
    Bytes frame{0xfa, 0xbf, 0xb5, 0xda};  // regtest's magic
    ByteWriter(frame).U32(static_cast<std::uint32_t>(block.size()));
    file.write(reinterpret_cast<const char*>(frame.data()), std::ssize(frame));
    file.write(reinterpret_cast<const char*>(block.data()), std::ssize(block));
}

void Run(Arguments& arguments) {
    const auto chain = MakeGenerator(arguments);
    std::ofstream file(arguments.out, std::ios::binary);
    file.exceptions(std::ios::failbit | std::ios::badbit);
    WriteRecord(GenesisBlock(), file);
    while (const auto block = chain->Next()) WriteRecord(*block, file);
    file.close();

    std::ofstream description(arguments.out + ".json");
    description.exceptions(std::ios::failbit | std::ios::badbit);
    description << Describe(*chain) << '\n';
    const auto& totals = chain->Totals();
    std::cout << arguments.out << ": " << totals.blocks << " blocks, " << totals.txs << " txs, "
              << totals.inputs << " inputs, " << totals.outputs << " outputs, " << totals.bytes
              << " bytes\n";
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app("Writes a regtest chain that a real node accepts.");
    app.add_option("--out", arguments.out, "file to write")->required();
    app.add_option("--profile", arguments.profile)
        ->check(CLI::IsMember({"oracle", "mainnet", "busy"}))
        ->capture_default_str();
    app.add_option("--seed", arguments.oracle.seed)->capture_default_str();
    app.add_option("--end-time", arguments.end_time,
                   "Unix time of the last block; default: the last full hour");
    app.add_option("--blocks", arguments.oracle.blocks, "oracle: blocks")->capture_default_str();
    app.add_option("--txs", arguments.oracle.txs,
                   "oracle: transactions, about; busy: of the one script")
        ->capture_default_str();
    app.add_option("--prefix-bytes", arguments.oracle.prefix_bytes,
                   "oracle: equal bytes in the txids of twins, 0 for no twins")
        ->check(CLI::Range(0, 5))
        ->capture_default_str();
    app.add_option("--bytes", arguments.bytes, "mainnet: bytes of blocks, e.g. 1.2G")
        ->transform(CLI::AsNumberWithUnit(
            std::map<std::string, double>{{"k", 1e3}, {"M", 1e6}, {"G", 1e9}}))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        Run(arguments);
    } catch (const std::exception& error) {
        std::cerr << "generate_chain: " << error.what() << '\n';
        return 1;
    }
}
