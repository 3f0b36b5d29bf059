#include "tests/generator/block_builder.h"

#include <array>
#include <cstdlib>
#include <utility>

#include "index/chain/hex.h"
#include "index/chain/merkle.h"
#include "index/chain/sha256.h"

namespace amber::generator {
namespace {

constexpr std::uint32_t kBits = 0x207fffff;  // regtest's easiest target
constexpr std::uint32_t kBlockVersion = 0x20000000;

/// The height, as BIP34 wants it first in the coinbase: the shortest push of a script number.
void AppendHeight(std::uint32_t height, ByteWriter& w) {
    if (height <= 16) {
        w.U8(static_cast<std::uint8_t>(0x50 + height));
        return;
    }
    Bytes number;
    for (auto rest = height; rest != 0; rest >>= 8)
        number.push_back(static_cast<std::uint8_t>(rest));
    if (number.back() & 0x80) number.push_back(0);
    w.Push(number);
}

void AppendCoinbase(std::uint32_t height, std::uint32_t extra,
                    const std::vector<BlockBuilder::Payout>& payouts,
                    const index::MerkleNode* commitment, bool with_witness, Bytes& out) {
    ByteWriter w(out);
    w.U32(2);
    if (with_witness) {
        w.U8(0);
        w.U8(1);
    }
    w.CompactSize(1);
    w.Raw(index::Txid{}.bytes);
    w.U32(0xffffffff);
    Bytes script;
    ByteWriter script_writer(script);
    AppendHeight(height, script_writer);
    script_writer.Push(Bytes{'a', 'm', 'b', 'e', 'r', static_cast<std::uint8_t>(extra),
                             static_cast<std::uint8_t>(extra >> 8),
                             static_cast<std::uint8_t>(extra >> 16),
                             static_cast<std::uint8_t>(extra >> 24)});
    w.Sized(script);
    w.U32(0xffffffff);
    w.CompactSize(payouts.size() + (commitment != nullptr));
    for (const auto& payout : payouts) {
        Bytes pay_to;
        AppendScript(payout.script, pay_to);
        w.U64(payout.value);
        w.Sized(pay_to);
    }
    if (commitment != nullptr) {
        w.U64(0);
        w.CompactSize(38);
        w.Raw(std::array<std::uint8_t, 6>{0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed});
        w.Raw(commitment->bytes);
    }
    if (with_witness) {
        w.CompactSize(1);
        w.Sized(std::array<std::uint8_t, 32>{});
    }
    w.U32(0);
}

/// Appends the header with the first nonce whose hash is below the target.
index::BlockHash AppendMinedHeader(const index::BlockHash& previous,
                                   const index::MerkleNode& merkle_root, std::uint32_t time,
                                   Bytes& out) {
    ByteWriter w(out);
    w.U32(kBlockVersion);
    w.Raw(previous.bytes);
    w.Raw(merkle_root.bytes);
    w.U32(time);
    w.U32(kBits);
    for (std::uint32_t nonce = 0;; ++nonce) {
        w.U32(nonce);
        const auto hash = index::Sha256dAs<index::BlockHash>(out);
        if (hash.bytes[31] < 0x7f) return hash;
        out.resize(out.size() - 4);
    }
}

/// The coinbase that all of Bitcoin's networks share in their genesis blocks.
constexpr const char* kGenesisCoinbase =
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d"
    "0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66"
    "207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe55"
    "48271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba"
    "0b8d578a4c702b6bf11d5fac00000000";

}  // namespace

Bytes GenesisBlock() {
    const auto coinbase = index::FromHex(kGenesisCoinbase);
    if (!coinbase) std::abort();
    Bytes block;
    ByteWriter w(block);
    w.U32(1);
    w.Raw(index::BlockHash{}.bytes);
    w.Raw(index::Sha256dAs<Txid>(*coinbase).bytes);
    w.U32(1'296'688'602);
    w.U32(kBits);
    w.U32(2);
    w.CompactSize(1);
    w.Raw(*coinbase);
    return block;
}

BlockBuilder::BlockBuilder(std::uint32_t first_time) : time_(first_time) {
    tip_ = index::Sha256dAs<index::BlockHash>(ByteView(GenesisBlock()).first(80));
}

TxRef BlockBuilder::Add(const TxBuilder& tx, std::uint64_t fee) {
    const auto ref = tx.AppendTo(body_);
    txs_.push_back(ref);
    weight_ += 3ull * ref.base_size + ref.total_size;
    fees_ += fee;
    has_witness_ = has_witness_ || tx.HasWitness();
    return ref;
}

index::MerkleNode BlockBuilder::WitnessCommitment() const {
    std::vector<index::MerkleNode> leaves{{}};  // the coinbase counts as zero
    for (const auto& tx : txs_) leaves.push_back(index::HashCast<index::MerkleNode>(tx.wtxid));
    const index::MerkleNode reserved;
    return index::HashPair(index::ComputeMerkleRoot(std::move(leaves)), reserved);
}

BlockBuilder::Finished BlockBuilder::Finish(const std::vector<Payout>& payouts, bool always_commit,
                                            std::uint32_t extra) {
    const bool commit = has_witness_ || always_commit;
    const auto commitment = commit ? WitnessCommitment() : index::MerkleNode{};
    const auto* commitment_or_null = commit ? &commitment : nullptr;

    Bytes stripped;
    AppendCoinbase(NextHeight(), extra, payouts, commitment_or_null, false, stripped);
    const auto coinbase = index::Sha256dAs<Txid>(stripped);

    std::vector<index::MerkleNode> leaves{index::HashCast<index::MerkleNode>(coinbase)};
    for (const auto& tx : txs_) leaves.push_back(index::HashCast<index::MerkleNode>(tx.txid));

    Bytes block;
    block.reserve(body_.size() + 400);
    tip_ = AppendMinedHeader(tip_, index::ComputeMerkleRoot(std::move(leaves)), time_, block);
    ByteWriter w(block);
    w.CompactSize(txs_.size() + 1);
    AppendCoinbase(NextHeight(), extra, payouts, commitment_or_null, commit, block);
    w.Raw(body_);

    ++height_;
    time_ += kBlockSpacing;
    body_.clear();
    txs_.clear();
    weight_ = fees_ = 0;
    has_witness_ = false;
    return {std::move(block), coinbase, commit};
}

}  // namespace amber::generator
