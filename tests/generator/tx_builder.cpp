#include "tests/generator/tx_builder.h"

#include "index/chain/sha256.h"

namespace amber::generator {
namespace {

constexpr std::uint32_t kVersion = 2;
constexpr std::uint32_t kFinalSequence = 0xffffffff;  // the lock time is not looked at

}  // namespace

void TxBuilder::Start() {
    input_count_ = output_count_ = lock_time_ = 0;
    has_witness_ = false;
    inputs_.clear();
    outputs_.clear();
    witnesses_.clear();
}

void TxBuilder::AddInput(const Coin& coin, std::uint64_t salt) {
    ++input_count_;
    Unlock(coin.script, salt, unlocking_);
    ByteWriter w(inputs_);
    w.Raw(coin.txid.bytes);
    w.U32(coin.index);
    w.Sized(unlocking_.script_sig);
    w.U32(kFinalSequence);
    if (unlocking_.witness.empty()) {
        witnesses_.push_back(0);
    } else {
        has_witness_ = true;
        ByteWriter(witnesses_).Raw(unlocking_.witness);
    }
}

void TxBuilder::AddOutput(std::uint64_t value, const ScriptSpec& script) {
    ++output_count_;
    ByteWriter w(outputs_);
    w.U64(value);
    // Scripts of up to 252 bytes take one length byte: write it afterwards, saving a copy.
    const auto length_at = outputs_.size();
    outputs_.push_back(0);
    AppendScript(script, outputs_);
    const auto length = outputs_.size() - length_at - 1;
    if (length < 0xfd) {
        outputs_[length_at] = static_cast<std::uint8_t>(length);
        return;
    }
    const Bytes long_script(outputs_.begin() + static_cast<std::ptrdiff_t>(length_at) + 1,
                            outputs_.end());
    outputs_.resize(length_at);
    w.Sized(long_script);
}

void TxBuilder::AppendStripped(Bytes& out) const {
    ByteWriter w(out);
    w.U32(kVersion);
    w.CompactSize(input_count_);
    w.Raw(inputs_);
    w.CompactSize(output_count_);
    w.Raw(outputs_);
    w.U32(lock_time_);
}

TxRef TxBuilder::AppendTo(Bytes& out) const {
    TxRef ref;
    const auto begin = out.size();
    if (!has_witness_) {
        AppendStripped(out);
        ref.base_size = ref.total_size = static_cast<std::uint32_t>(out.size() - begin);
        ref.txid = index::Sha256dAs<Txid>(ByteView(out).subspan(begin));
        ref.wtxid = index::HashCast<Wtxid>(ref.txid);
        return ref;
    }
    ByteWriter w(out);
    w.U32(kVersion);
    w.U8(0);
    w.U8(1);
    const auto body = out.size();
    w.CompactSize(input_count_);
    w.Raw(inputs_);
    w.CompactSize(output_count_);
    w.Raw(outputs_);
    const auto body_end = out.size();
    w.Raw(witnesses_);
    w.U32(lock_time_);

    const ByteView whole = ByteView(out).subspan(begin);
    const index::HashJob jobs[] = {
        {{whole.first(4), ByteView(out).subspan(body, body_end - body), whole.last(4)},
         ref.txid.bytes.data()},
        {{whole, {}, {}}, ref.wtxid.bytes.data()},
    };
    index::Sha256dMany(jobs);
    ref.base_size = static_cast<std::uint32_t>(8 + body_end - body);
    ref.total_size = static_cast<std::uint32_t>(whole.size());
    return ref;
}

}  // namespace amber::generator
