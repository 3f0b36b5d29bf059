#include "tests/support/raw_block.h"

#include <algorithm>
#include <random>

#include "index/chain/merkle.h"
#include "index/chain/sha256.h"

namespace amber::index {
namespace {

void AppendInt(Bytes& out, std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

void AppendBytes(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void AppendString(Bytes& out, const Bytes& bytes) {
    AppendCompactSize(out, bytes.size());
    AppendBytes(out, bytes);
}

Bytes RandomBytes(std::mt19937_64& random, std::size_t size) {
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
}

}  // namespace

void AppendCompactSize(Bytes& out, std::uint64_t value) {
    if (value < 0xfd) return AppendInt(out, value, 1);
    const int size = value <= 0xffff ? 2 : value <= 0xffffffff ? 4 : 8;
    out.push_back(size == 2 ? 0xfd : size == 4 ? 0xfe : 0xff);
    AppendInt(out, value, size);
}

bool RawTx::HasWitness() const {
    return std::any_of(inputs.begin(), inputs.end(),
                       [](const Input& input) { return !input.witness.empty(); });
}

Bytes RawTx::Write(bool with_witness) const {
    Bytes out;
    AppendInt(out, version, 4);
    if (with_witness) AppendBytes(out, Bytes{0, 1});
    AppendCompactSize(out, inputs.size());
    for (const Input& input : inputs) {
        AppendBytes(out, input.previous.txid.bytes);
        AppendInt(out, input.previous.index, 4);
        AppendString(out, input.script);
        AppendInt(out, input.sequence, 4);
    }
    AppendCompactSize(out, outputs.size());
    for (const Output& output : outputs) {
        AppendInt(out, output.value, 8);
        AppendString(out, output.script);
    }
    for (const Input& input : inputs) {
        if (!with_witness) break;
        AppendCompactSize(out, input.witness.size());
        for (const Bytes& item : input.witness) AppendString(out, item);
    }
    AppendInt(out, lock_time, 4);
    return out;
}

namespace {

/// Reads by copying, one byte at a time.
class PlainReader {
public:
    explicit PlainReader(ByteView raw) : raw_(raw.begin(), raw.end()) {}

    std::uint64_t Int(int size) {
        std::uint64_t value = 0;
        for (int i = 0; i < size; ++i) value |= std::uint64_t{raw_.at(next_++)} << 8 * i;
        return value;
    }
    std::uint64_t CompactSize() {
        const std::uint64_t first = Int(1);
        return first < 0xfd ? first : Int(first == 0xfd ? 2 : first == 0xfe ? 4 : 8);
    }
    Bytes String(std::uint64_t size) {
        Bytes bytes;
        for (; size > 0; --size) bytes.push_back(raw_.at(next_++));
        return bytes;
    }
    [[nodiscard]] bool AtMarker() const { return raw_.at(next_) == 0; }

private:
    Bytes raw_;
    std::size_t next_ = 0;
};

}  // namespace

RawTx ReadTx(ByteView raw) {
    PlainReader in(raw);
    RawTx tx;
    tx.version = static_cast<std::uint32_t>(in.Int(4));
    const bool witness = in.AtMarker();
    if (witness) in.Int(2);
    for (std::uint64_t count = in.CompactSize(); count > 0; --count) {
        RawTx::Input& input = tx.inputs.emplace_back();
        std::ranges::copy(in.String(32), input.previous.txid.bytes.begin());
        input.previous.index = static_cast<std::uint32_t>(in.Int(4));
        input.script = in.String(in.CompactSize());
        input.sequence = static_cast<std::uint32_t>(in.Int(4));
    }
    for (std::uint64_t count = in.CompactSize(); count > 0; --count) {
        RawTx::Output& output = tx.outputs.emplace_back();
        output.value = in.Int(8);
        output.script = in.String(in.CompactSize());
    }
    for (RawTx::Input& input : tx.inputs) {
        if (!witness) break;
        for (std::uint64_t count = in.CompactSize(); count > 0; --count) {
            input.witness.push_back(in.String(in.CompactSize()));
        }
    }
    tx.lock_time = static_cast<std::uint32_t>(in.Int(4));
    return tx;
}

Bytes WriteBlock(const std::vector<RawTx>& txs) {
    std::vector<MerkleNode> leaves;
    for (const RawTx& tx : txs) leaves.push_back(Sha256dAs<MerkleNode>(tx.Write(false)));
    Bytes out(80, 0);
    std::ranges::copy(ComputeMerkleRoot(leaves).bytes, out.begin() + 36);
    AppendCompactSize(out, txs.size());
    for (const RawTx& tx : txs) AppendBytes(out, tx.Write(tx.HasWitness()));
    return out;
}

RawTx RandomTx(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    RawTx tx;
    tx.version = static_cast<std::uint32_t>(random());
    tx.lock_time = static_cast<std::uint32_t>(random());
    const bool segwit = random() % 2 == 0;
    tx.inputs.resize(1 + random() % (random() % 20 == 0 ? 300 : 3));
    for (RawTx::Input& input : tx.inputs) {
        std::ranges::copy(RandomBytes(random, 32), input.previous.txid.bytes.begin());
        input.previous.index = static_cast<std::uint32_t>(random());
        input.script = RandomBytes(random, random() % (segwit ? 30 : 300));
        input.sequence = static_cast<std::uint32_t>(random());
        if (!segwit) continue;
        input.witness.resize(random() % 4);
        for (Bytes& item : input.witness) item = RandomBytes(random, random() % 260);
    }
    tx.outputs.resize(1 + random() % (random() % 20 == 0 ? 300 : 4));
    for (RawTx::Output& output : tx.outputs) {
        output.value = random() % 2'100'000'000'000'000;
        output.script = RandomBytes(random, random() % 40);
        if (random() % 8 == 0) output.script = {0x6a, 0x01, 0x02};
        if (random() % 8 == 0) output.script = {0x00, 0x6a};
    }
    return tx;
}

}  // namespace amber::index
