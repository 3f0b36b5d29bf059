#include "index/chain/codec_bitcoin.h"

#include <gtest/gtest.h>

#include <random>

#include "index/chain/hex.h"
#include "index/chain/merkle.h"
#include "index/chain/sha256.h"
#include "tests/support/raw_block.h"

namespace amber::index {
namespace {

const BitcoinCodec kCodec;

bool IsData(const Bytes& script) {
    return (script.size() >= 1 && script[0] == 0x6a) ||
           (script.size() >= 2 && script[0] == 0 && script[1] == 0x6a);
}

std::vector<RawTx> RandomTxs(std::size_t count, std::uint64_t seed) {
    std::vector<RawTx> txs;
    for (std::size_t i = 0; i < count; ++i) txs.push_back(RandomTx(seed * 1000 + i));
    return txs;
}

void ExpectTxInBlock(const Block& block, std::size_t i, const RawTx& raw) {
    const Block::Tx& tx = block.txs[i];
    const Bytes bytes = raw.Write(raw.HasWitness());
    EXPECT_TRUE(std::ranges::equal(block.RawTx(tx), bytes));
    EXPECT_EQ(tx.txid, Sha256dAs<Txid>(raw.Write(false)));
    ASSERT_EQ(tx.input_count, raw.inputs.size());
    ASSERT_EQ(tx.output_count, raw.outputs.size());
    for (std::size_t j = 0; j < raw.inputs.size(); ++j) {
        EXPECT_EQ(block.inputs[tx.first_input + j], raw.inputs[j].previous);
    }
    for (std::size_t j = 0; j < raw.outputs.size(); ++j) {
        const Block::Output& output = block.outputs[tx.first_output + j];
        EXPECT_EQ(output.value, static_cast<Amount>(raw.outputs[j].value));
        EXPECT_EQ(output.indexed, !IsData(raw.outputs[j].script));
        const HashX hash_x = ToHashX(Sha256As<ScriptHash>(raw.outputs[j].script));
        EXPECT_EQ(output.hash_x, output.indexed ? hash_x : HashX{});
    }
}

TEST(BitcoinCodec, RandomBlocksComeBackAsWritten) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto txs = RandomTxs(1 + seed * seed, seed);
        const auto block = kCodec.ParseBlock(WriteBlock(txs));
        ASSERT_TRUE(block) << "seed " << seed << ": " << block.error().what;
        EXPECT_EQ(block->hash, Sha256dAs<BlockHash>(block->Header()));
        EXPECT_EQ(block->header_size, 80u);
        ASSERT_EQ(block->txs.size(), txs.size());
        std::vector<MerkleNode> leaves;
        for (std::size_t i = 0; i < txs.size(); ++i) {
            ExpectTxInBlock(*block, i, txs[i]);
            leaves.push_back(HashCast<MerkleNode>(block->txs[i].txid));
        }
        const auto offsets = kCodec.TransactionOffsets(block->raw);
        ASSERT_TRUE(offsets) << offsets.error().what;
        ASSERT_EQ(offsets->size(), txs.size() + 1);
        for (std::size_t i = 0; i < txs.size(); ++i)
            EXPECT_EQ(offsets->at(i), block->txs[i].offset);
        EXPECT_EQ(offsets->back(), block->raw.size());
        EXPECT_EQ(block->merkle_root, ComputeMerkleRoot(leaves));
    }
}

TEST(BitcoinCodec, HeaderFields) {
    Bytes raw = WriteBlock({RandomTx(1)});
    for (std::uint8_t i = 0; i < 80; ++i) raw[i] = i;
    const Block block = kCodec.ParseBlock(raw).value();
    EXPECT_EQ(block.previous.bytes[0], 4);
    EXPECT_EQ(block.previous.bytes[31], 35);
    EXPECT_EQ(block.merkle_root.bytes[0], 36);
    EXPECT_EQ(block.merkle_root.bytes[31], 67);
    EXPECT_EQ(block.time, 0x47464544u);
    EXPECT_EQ(kCodec.TargetBits(block.Header()), 0x4b4a4948u);
    EXPECT_FALSE(kCodec.HeaderSize(ByteView(raw).first(79)));
    EXPECT_EQ(kCodec.HeaderSize(ByteView(raw).first(80)), 80u);
}

TEST(BitcoinCodec, RandomTransactionsComeBackAsWritten) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        const RawTx raw = RandomTx(seed);
        const Bytes stripped = raw.Write(false), whole = raw.Write(raw.HasWitness());
        const auto tx = kCodec.ParseTransaction(whole);
        ASSERT_TRUE(tx) << "seed " << seed << ": " << tx.error().what;
        EXPECT_EQ(tx->txid, Sha256dAs<Txid>(stripped));
        EXPECT_EQ(tx->size, whole.size());
        EXPECT_EQ(tx->vsize, (3 * stripped.size() + whole.size() + 3) / 4);
        EXPECT_EQ(tx->inputs.size(), raw.inputs.size());
        ASSERT_EQ(tx->outputs.size(), raw.outputs.size());
        for (std::size_t i = 0; i < raw.outputs.size(); ++i) {
            const Transaction::Output& output = tx->outputs[i];
            const auto hash = Sha256As<ScriptHash>(raw.outputs[i].script);
            EXPECT_EQ(output.value, static_cast<Amount>(raw.outputs[i].value));
            EXPECT_EQ(output.indexed, !IsData(raw.outputs[i].script));
            EXPECT_EQ(output.script_hash, output.indexed ? hash : ScriptHash{});
        }
    }
}

TEST(BitcoinCodec, DataScriptsAreNotIndexed) {
    EXPECT_TRUE(kCodec.IsIndexed({}));
    EXPECT_TRUE(kCodec.IsIndexed(Bytes{0x00}));
    EXPECT_TRUE(kCodec.IsIndexed(Bytes{0x00, 0x00, 0x6a}));
    EXPECT_TRUE(kCodec.IsIndexed(Bytes{0x51, 0x6a}));
    EXPECT_FALSE(kCodec.IsIndexed(Bytes{0x6a}));
    EXPECT_FALSE(kCodec.IsIndexed(Bytes{0x6a, 0xff, 0xff}));
    EXPECT_FALSE(kCodec.IsIndexed(Bytes{0x00, 0x6a}));
}

// Hostile bytes.

TEST(BitcoinCodec, EveryTruncationOfABlockIsAnError) {
    const Bytes raw = WriteBlock({RandomTx(2), RandomTx(5), RandomTx(8)});
    ASSERT_TRUE(kCodec.ParseBlock(raw));
    for (std::size_t size = 0; size < raw.size(); ++size) {
        const auto block = kCodec.ParseBlock(Bytes(raw.begin(), raw.begin() + size));
        ASSERT_FALSE(block) << size;
        EXPECT_LE(block.error().offset, size);
        EXPECT_FALSE(block.error().what.empty());
        const auto offsets = kCodec.TransactionOffsets(ByteView(raw).first(size));
        ASSERT_FALSE(offsets) << size;
        EXPECT_EQ(offsets.error().what, block.error().what);
        EXPECT_EQ(offsets.error().offset, block.error().offset);
    }
}

TEST(BitcoinCodec, EveryTruncationOfATransactionIsAnError) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        const RawTx tx = RandomTx(seed);
        const Bytes raw = tx.Write(tx.HasWitness());
        for (std::size_t size = 0; size < raw.size(); ++size) {
            ASSERT_FALSE(kCodec.ParseTransaction(ByteView(raw).first(size))) << seed << ' ' << size;
        }
    }
}

TEST(BitcoinCodec, DamagedBlocksNeverLeadOutside) {
    const std::uint64_t seed = 7;
    std::mt19937_64 random(seed);
    const Bytes good = WriteBlock(RandomTxs(5, 3));
    int parsed = 0;
    for (int round = 0; round < 20'000; ++round) {
        Bytes raw = good;
        for (std::uint64_t i = random() % 4 + 1; i > 0; --i) {
            raw[80 + random() % (raw.size() - 80)] = static_cast<std::uint8_t>(random());
        }
        const auto block = kCodec.ParseBlock(std::move(raw));
        if (!block) continue;
        ++parsed;
        std::size_t inputs = 0, outputs = 0, bytes = 81;
        for (const Block::Tx& tx : block->txs) {
            ASSERT_EQ(tx.offset, bytes);
            ASSERT_EQ(tx.first_input, inputs);
            ASSERT_EQ(tx.first_output, outputs);
            bytes += tx.size;
            inputs += tx.input_count;
            outputs += tx.output_count;
        }
        ASSERT_EQ(bytes, block->raw.size());
        ASSERT_EQ(inputs, block->inputs.size());
        ASSERT_EQ(outputs, block->outputs.size());
    }
    EXPECT_GT(parsed, 0) << "seed " << seed;
}

TEST(BitcoinCodec, TrailingBytesAreRefused) {
    Bytes raw = WriteBlock({RandomTx(1)});
    const std::size_t size = raw.size();
    raw.push_back(0);
    const auto block = kCodec.ParseBlock(raw);
    ASSERT_FALSE(block);
    EXPECT_EQ(block.error().what, "1 bytes follow the last transaction");
    EXPECT_EQ(block.error().offset, size);

    Bytes tx = RandomTx(0).Write(RandomTx(0).HasWitness());
    tx.push_back(0);
    EXPECT_EQ(kCodec.ParseTransaction(tx).error().what, "1 bytes follow the transaction");
}

TEST(BitcoinCodec, OversizedBlocksAreRefused) {
    const Bytes raw = WriteBlock({RandomTx(1)});
    BitcoinRules rules;
    rules.block_bytes_max = raw.size();
    EXPECT_TRUE(BitcoinCodec(rules).ParseBlock(raw));
    rules.block_bytes_max = raw.size() - 1;
    EXPECT_NE(BitcoinCodec(rules).ParseBlock(raw).error().what.find("larger than the limit"),
              std::string::npos);
    EXPECT_FALSE(kCodec.ParseBlock(Bytes(4'000'001)));
    EXPECT_FALSE(kCodec.ParseTransaction(Bytes(4'000'001)));
}

TEST(BitcoinCodec, ABlockHasTransactions) {
    EXPECT_EQ(kCodec.ParseBlock(Bytes(81)).error().what, "block without transactions");
    EXPECT_EQ(kCodec.ParseBlock(Bytes(80)).error().what, "transaction count: cut off");
    EXPECT_EQ(kCodec.ParseBlock(Bytes(79)).error().what, "header: cut off");
}

/// The bytes of a transaction up to `field`, then `tail`.
Bytes Start(const char* hex, std::uint64_t count, std::size_t padding) {
    Bytes raw = FromHex(hex).value();
    AppendCompactSize(raw, count);
    raw.resize(raw.size() + padding);
    return raw;
}

constexpr const char* kOneInput =
    "02000000"
    "01"
    "000000000000000000000000000000000000000000000000000000000000000000000000"
    "00"
    "ffffffff";

TEST(BitcoinCodec, CountsThatCannotFitAreRefusedBeforeAnyAllocation) {
    for (const std::uint64_t count : {3ull, 1000ull, 0xffffffffull, ~0ull, ~0ull / 41}) {
        const auto inputs = kCodec.ParseTransaction(Start("02000000", count, 100));
        EXPECT_EQ(inputs.error().what,
                  "input count " + std::to_string(count) + " does not fit in the 100 bytes left");
        EXPECT_EQ(inputs.error().offset, 4u);
    }
    for (const std::uint64_t count : {12ull, 0xffffffffull, ~0ull, ~0ull / 9}) {
        const auto outputs = kCodec.ParseTransaction(Start(kOneInput, count, 100));
        EXPECT_EQ(outputs.error().what,
                  "output count " + std::to_string(count) + " does not fit in the 100 bytes left");
    }
    for (const std::uint64_t count : {101ull, 0xffffffffull, ~0ull}) {
        Bytes raw = FromHex("020000000001").value();
        const Bytes rest = FromHex(kOneInput).value();
        raw.insert(raw.end(), rest.begin() + 4, rest.end());
        raw.push_back(0);  // no outputs
        AppendCompactSize(raw, count);
        raw.resize(raw.size() + 100);
        EXPECT_EQ(
            kCodec.ParseTransaction(raw).error().what,
            "witness item count " + std::to_string(count) + " does not fit in the 100 bytes left");
    }
    Bytes block(80);
    AppendCompactSize(block, ~0ull);
    block.resize(1000);
    const auto parsed = kCodec.ParseBlock(block);
    EXPECT_EQ(parsed.error().what,
              "transaction count 18446744073709551615 does not fit in the 911 bytes left");
    EXPECT_EQ(parsed.error().offset, 80u);
}

TEST(BitcoinCodec, ScriptsThatDoNotFitAreRefused) {
    Bytes raw = Start(kOneInput, 1, 8);
    AppendCompactSize(raw, ~0ull);
    raw.resize(raw.size() + 50);
    EXPECT_EQ(kCodec.ParseTransaction(raw).error().what, "output: cut off");
}

TEST(BitcoinCodec, LongFormsOfSizesAreRefused) {
    RawTx tx = RandomTx(1);
    tx.inputs.resize(1);
    tx.inputs[0] = {};
    const Bytes good = tx.Write(false);
    ASSERT_TRUE(kCodec.ParseTransaction(good));
    Bytes count = good;
    count[4] = 0xfd;  // the input count 1 as fd 01 00
    count.insert(count.begin() + 5, {1, 0});
    EXPECT_EQ(kCodec.ParseTransaction(count).error().what,
              "input: size not written in its shortest form");
    EXPECT_EQ(kCodec.ParseTransaction(count).error().offset, 4u);
    Bytes script = good;
    script[41] = 0xfd;
    script.insert(script.begin() + 42, {0, 0});
    EXPECT_EQ(kCodec.ParseTransaction(script).error().what,
              "input: size not written in its shortest form");
    EXPECT_EQ(kCodec.ParseTransaction(script).error().offset, 41u);
}

TEST(BitcoinCodec, MarkerAndWitnessMustBelongTogether) {
    RawTx tx = RandomTx(1);
    for (RawTx::Input& input : tx.inputs) input.witness.clear();
    EXPECT_TRUE(kCodec.ParseTransaction(tx.Write(false)));
    EXPECT_EQ(kCodec.ParseTransaction(tx.Write(true)).error().what,
              "witness marker without any witness");
    tx.inputs[0].witness = {{}};
    Bytes raw = tx.Write(true);
    EXPECT_TRUE(kCodec.ParseTransaction(raw)) << "one empty item is a witness";
    raw[5] = 2;
    EXPECT_EQ(kCodec.ParseTransaction(raw).error().what, "unknown transaction flag 2");
    EXPECT_EQ(kCodec.ParseTransaction(raw).error().offset, 5u);
}

TEST(BitcoinCodec, TransactionsWithoutInputsAreRefused) {
    EXPECT_EQ(kCodec.ParseTransaction(FromHex("02000000000000000000").value()).error().what,
              "transaction without inputs");
    EXPECT_EQ(kCodec.ParseTransaction(FromHex("0200000000010000000000000000").value()).error().what,
              "transaction without inputs");
}

TEST(BitcoinCodec, ValuesOutOfRangeAreRefused) {
    RawTx tx = RandomTx(1);
    tx.outputs.resize(2);
    tx.outputs[1].value = 2'100'000'000'000'000;
    EXPECT_TRUE(kCodec.ParseTransaction(tx.Write(false)));
    for (const std::uint64_t value : {2'100'000'000'000'001ull, 1ull << 63, ~0ull}) {
        tx.outputs[1].value = value;
        const auto parsed = kCodec.ParseTransaction(tx.Write(false));
        EXPECT_EQ(
            parsed.error().what,
            "output value " + std::to_string(static_cast<Amount>(value)) + " is out of range");
    }
    BitcoinRules rules;
    rules.money_max = 2'100'000'000'000'001;
    tx.outputs[1].value = 2'100'000'000'000'001;
    EXPECT_TRUE(BitcoinCodec(rules).ParseTransaction(tx.Write(false)));
}

TEST(BitcoinCodec, ErrorsOfABlockNameTheTransaction) {
    auto txs = RandomTxs(4, 9);
    txs[2].outputs[0].value = ~0ull;
    const auto block = kCodec.ParseBlock(WriteBlock(txs));
    EXPECT_EQ(block.error().what, "transaction 2: output value -1 is out of range");
    Bytes before = WriteBlock({txs[0], txs[1]});
    EXPECT_GT(block.error().offset, before.size());
}

TEST(BitcoinCodecDeathTest, HalfAHeaderIsABug) {
    EXPECT_DEATH((void)kCodec.HashHeader(Bytes(79)), "");
    EXPECT_DEATH((void)kCodec.PreviousHash(Bytes(79)), "");
    EXPECT_DEATH((void)kCodec.Time(Bytes(79)), "");
}

}  // namespace
}  // namespace amber::index
