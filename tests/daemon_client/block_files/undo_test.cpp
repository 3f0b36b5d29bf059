#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "daemon_client/block_files/block_files.h"
#include "daemon_client/block_files/compressed_output.h"
#include "daemon_client/block_files/spent_outputs.h"
#include "daemon_client/block_files/undo_file.h"
#include "index/chain/hex.h"
#include "tests/daemon_client/block_files/block_directory.h"
#include "tests/generator/block_builder.h"
#include "tests/generator/oracle_chain.h"
#include "tests/support/bitcoind.h"

namespace amber::daemon_client {
namespace {

using index::ByteReader;
using index::Bytes;
using index::ByteView;

Bytes Hex(std::string_view hex) { return *index::FromHex(hex); }

TEST(Undo, Varints) {
    const std::pair<const char*, std::uint64_t> cases[] = {
        {"00", 0},
        {"7f", 127},
        {"8000", 128},
        {"ff7f", 16511},
        {"807f", 255},
        {"8100", 256},
        {"fe7f", 16383},
        {"ff00", 16384},
        {"82fe7f", 65535},
        {"8efefeff00", 0x100000000},
        {"80fefefefefefefefe7f", 0xffffffffffffffff},
    };
    for (const auto& [hex, number] : cases) {
        const Bytes bytes = Hex(hex);
        ByteReader in(bytes);
        EXPECT_EQ(ReadVarint(in), number) << hex;
        EXPECT_TRUE(in.Ok() && in.Left() == 0) << hex;
    }
    for (const char* hex : {"", "80", "ffff", "80fefefefefefefeff00", "ffffffffffffffffffff7f"}) {
        const Bytes bytes = Hex(hex);
        ByteReader in(bytes);
        ReadVarint(in);
        EXPECT_FALSE(in.Ok()) << hex;
    }
}

TEST(Undo, Amounts) {
    constexpr std::int64_t kCoin = 100'000'000;
    EXPECT_EQ(DecompressAmount(0x0), 0);
    EXPECT_EQ(DecompressAmount(0x1), 1);
    EXPECT_EQ(DecompressAmount(0x7), kCoin / 100);
    EXPECT_EQ(DecompressAmount(0x9), kCoin);
    EXPECT_EQ(DecompressAmount(0x32), 50 * kCoin);
    EXPECT_EQ(DecompressAmount(0x1406f40), 21'000'000 * kCoin);
    EXPECT_EQ(DecompressAmount(0xffff'ffff'ffff'ffff), std::nullopt);
}

TEST(Undo, Scripts) {
    const auto read = [](const std::string& hex) {
        const Bytes bytes = Hex(hex);
        ByteReader in(bytes);
        Bytes script;
        ReadCompressedScript(in, script);
        return in.Ok() && in.Left() == 0 ? index::ToHex(script) : "refused";
    };
    const std::string hash(40, '7');
    // The key of the genesis block, of which the compressed form begins with 03.
    const std::string x = "678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6";
    const std::string y = "49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f";
    EXPECT_EQ(read("00" + hash), "76a914" + hash + "88ac");
    EXPECT_EQ(read("01" + hash), "a914" + hash + "87");
    EXPECT_EQ(read("02" + x), "2102" + x + "ac");
    EXPECT_EQ(read("03" + x), "2103" + x + "ac");
    EXPECT_EQ(read("05" + x), "4104" + x + y + "ac");
    EXPECT_EQ(read("04" + x).substr(0, 68), "4104" + x);
    EXPECT_NE(read("04" + x), read("05" + x));
    EXPECT_EQ(read("06"), "");
    EXPECT_EQ(read("0851ae"), "51ae");
    EXPECT_EQ(read("cd16" + std::string(20'000, '5')), std::string(20'000, '5'));
    EXPECT_EQ(read("cd17" + std::string(20'002, '5')), "6a") << "longer than can be spent";
    EXPECT_EQ(read("00" + hash.substr(2)), "refused");
    EXPECT_EQ(read("0951ae"), "refused");
    EXPECT_EQ(read("04" + std::string(64, 'f')), "refused") << "no such point";
}

TEST(Undo, MalformedDataIsRefused) {
    const Bytes good =
        Hex("020103000906"
            "0204010006"
            "0700070851ae");
    const auto spent = ParseUndo(good);
    ASSERT_TRUE(spent) << spent.error().what;
    EXPECT_EQ(spent->inputs, (std::vector<std::uint32_t>{1, 2}));
    ASSERT_EQ(spent->outputs.size(), 3u);
    EXPECT_EQ(spent->outputs[0].value, 100'000'000);
    EXPECT_EQ(spent->outputs[2].value, 1'000'000);
    EXPECT_EQ(index::ToHex(spent->Script(spent->outputs[2])), "51ae");
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(ParseUndo(ByteView(good).first(size))) << size;
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_NE(ParseUndo(longer).error().what.find("1 bytes follow"), std::string::npos);
    EXPECT_FALSE(ParseUndo(Hex("feffffffff"))) << "a count that cannot fit";

    const unsigned seed = 11;
    std::mt19937 random(seed);
    for (int round = 0; round < 20'000; ++round) {
        Bytes damaged = good;
        damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
        (void)ParseUndo(damaged);  // what matters is that nothing is read beyond the end
    }
}

/// What each outpoint of a chain holds.
class Outputs {
public:
    void Add(const index::RawTx& tx, const index::Txid& txid) {
        for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) outputs_[{txid, i}] = tx.outputs[i];
    }
    const index::RawTx::Output& At(const index::OutPoint& point) const {
        return outputs_.at({point.txid, point.index});
    }

private:
    std::map<std::pair<index::Txid, std::uint32_t>, index::RawTx::Output> outputs_;
};

void ExpectSpends(const SpentOutputs& spent, const index::Block& block, const Outputs& known) {
    ASSERT_EQ(spent.inputs.size() + 1, block.txs.size());
    ASSERT_EQ(spent.outputs.size() + 1, block.inputs.size());
    for (std::size_t i = 0; i < spent.outputs.size(); ++i) {
        const auto& output = known.At(block.inputs[i + 1]);
        EXPECT_EQ(static_cast<std::uint64_t>(spent.outputs[i].value), output.value);
        EXPECT_TRUE(std::ranges::equal(spent.Script(spent.outputs[i]), output.script));
    }
}

TEST(Undo, OfARealNodeNamesWhatEveryInputSpends) {
    AMBER_NEEDS_BITCOIND();
    BlockDirectory source;
    const std::filesystem::path chain_file = source.PathOf(0);
    generator::OracleChain chain({.blocks = 160, .txs = 4'000});
    source.AppendRecord(0, generator::GenesisBlock());  // a node aborts on a file without
    while (const auto block = chain.Next()) source.AppendRecord(0, *block);

    test::Bitcoind node({"-loadblock=" + chain_file.string(), "-corepolicy=1", "-par=1"});
    const auto directory = node.CookieFile().parent_path() / "blocks";
    node.Start();
    std::unique_ptr<BlockFiles> files;
    std::optional<UndoFile> undo;
    std::string why = "no answer in time";
    for (int i = 0; i < 600 && (!undo || undo->RecordCount() < 160); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        auto opened = BlockFiles::Open(Regtest(), directory);
        if (!opened) {
            why = opened.error().Text();
            continue;
        }
        files = std::move(*opened);
        const auto rev = files->OpenUndo(0);
        if (!rev) {
            why = rev.error().Text();
            continue;
        }
        auto loaded = UndoFile::Load(*rev, Regtest());
        if (loaded) undo.emplace(std::move(*loaded));
    }
    node.Stop();
    ASSERT_TRUE(undo) << why;
    ASSERT_EQ(undo->RecordCount(), 160u);
    files->Refresh();

    Outputs known;
    std::size_t spends = 0;
    for (const ChainedBlock& place : files->BestChain(Regtest().genesis)) {
        const auto block = Regtest().codec->ParseBlock(*files->Read(place.position));
        ASSERT_TRUE(block);
        for (const auto& tx : block->txs) known.Add(index::ReadTx(block->RawTx(tx)), tx.txid);
        if (place.hash == Regtest().genesis) continue;
        const auto data = undo->Find(block->previous, block->txs.size());
        ASSERT_TRUE(data) << ToDisplayHex(place.hash);
        const auto spent = ParseUndo(*data);
        ASSERT_TRUE(spent) << spent.error().what;
        ExpectSpends(*spent, *block, known);
        spends += spent->outputs.size();
        // Another parent, another number of transactions: not its record.
        EXPECT_FALSE(undo->Find(place.hash, block->txs.size() + 100'000));
        EXPECT_FALSE(undo->Find(index::BlockHash{}, block->txs.size()));
    }
    EXPECT_EQ(spends, chain.Totals().inputs);
    EXPECT_GT(spends, 3'000u);
}

}  // namespace
}  // namespace amber::daemon_client
