#include "tests/generator/script_maker.h"

#include <array>
#include <cstdlib>

#include "index/chain/sha256.h"
#include "tests/generator/random.h"
#include "tests/generator/ripemd160.h"
#include "tests/generator/taproot.h"

namespace amber::generator {
namespace {

constexpr std::uint8_t kOp0 = 0x00, kOp1 = 0x51, kOp2 = 0x52, kOp16 = 0x60, kOpReturn = 0x6a,
                       kOpDrop = 0x75, kOp2Drop = 0x6d, kOpDup = 0x76, kOpEqual = 0x87,
                       kOpEqualVerify = 0x88, kOpHash160 = 0xa9, kOpCheckSig = 0xac,
                       kOpCheckMultiSig = 0xae;
constexpr std::size_t kDummySize = 72;  // bytes, as a DER signature

using Digest20 = std::array<std::uint8_t, 20>;
using Digest32 = std::array<std::uint8_t, 32>;

/// N bytes that depend on (kind, id) alone.
template <std::size_t N>
std::array<std::uint8_t, N> Payload(const ScriptSpec& spec, std::uint64_t salt = 0) {
    std::array<std::uint8_t, N> bytes;
    const auto seed = (static_cast<std::uint64_t>(spec.kind) << 32 | spec.id) ^ salt << 40;
    Random(Random::Mix(seed + 1)).Fill(bytes);
    return bytes;
}

/// `<20 bytes> OP_2DROP OP_1`.
Bytes DropScript(const ScriptSpec& spec) {
    Bytes script;
    ByteWriter w(script);
    w.Push(Payload<20>(spec));
    w.U8(kOp2Drop);
    w.U8(kOp1);
    return script;
}

Digest32 Sha256Of(ByteView data) {
    Digest32 digest;
    index::Sha256Once(data, digest.data());
    return digest;
}

Digest20 Hash160(ByteView data) { return Ripemd160(Sha256Of(data)); }

/// OP_0 <sha256 of the drop script>.
Bytes WitnessProgram(const ScriptSpec& spec) {
    Bytes program;
    ByteWriter w(program);
    w.U8(kOp0);
    w.Push(Sha256Of(DropScript(spec)));
    return program;
}

void AppendPayToScriptHash(ByteView redeem, ByteWriter& w) {
    w.U8(kOpHash160);
    w.Push(Hash160(redeem));
    w.U8(kOpEqual);
}

/// Seventeen times `<520 bytes> OP_DROP` and OP_1, a little under 9,000 bytes.
void AppendBig(const ScriptSpec& spec, ByteWriter& w) {
    for (std::uint64_t i = 0; i < 17; ++i) {
        w.Push(Payload<520>(spec, i + 1));
        w.U8(kOpDrop);
    }
    w.U8(kOp1);
}

void AppendMultisig(const ScriptSpec& spec, ByteWriter& w) {
    w.U8(kOp1);
    for (std::uint64_t key = 1; key <= 2; ++key) {
        auto bytes = Payload<33>(spec, key);
        bytes[0] = 0x02;
        w.Push(bytes);
    }
    w.U8(kOp2);
    w.U8(kOpCheckMultiSig);
}

void AppendUnspendable(const ScriptSpec& spec, ByteWriter& w) {
    switch (spec.kind) {
        case ScriptKind::p2pk: {
            auto key = Payload<65>(spec);
            key[0] = 0x04;
            w.Push(key);
            w.U8(kOpCheckSig);
            return;
        }
        case ScriptKind::p2pkh:
            w.U8(kOpDup);
            w.U8(kOpHash160);
            w.Push(Payload<20>(spec));
            w.U8(kOpEqualVerify);
            w.U8(kOpCheckSig);
            return;
        case ScriptKind::p2wpkh:
            w.U8(kOp0);
            w.Push(Payload<20>(spec));
            return;
        case ScriptKind::p2wsh_unknown:
            w.U8(kOp0);
            w.Push(Payload<32>(spec));
            return;
        case ScriptKind::p2tr:
            w.U8(kOp1);
            w.Push(Payload<32>(spec));
            return;
        case ScriptKind::multisig:
            AppendMultisig(spec, w);
            return;
        case ScriptKind::malformed_push:
            w.U8(0x4c);
            w.U8(0xff);
            w.Raw(Payload<3>(spec));
            return;
        case ScriptKind::return_in_middle:
            w.U8(kOp1);
            w.U8(kOpReturn);
            w.Push(Payload<8>(spec));
            return;
        case ScriptKind::oversized:
            w.Push(Payload<12'000>(spec));
            return;
        case ScriptKind::data:
            w.U8(kOpReturn);
            if (spec.id % 5 != 0) w.Push(Payload<38>(spec));  // a lone 6a as well
            return;
        case ScriptKind::false_data:
            w.U8(kOp0);
            w.U8(kOpReturn);
            w.Push(Payload<30>(spec));
            return;
        default:
            std::abort();
    }
}

}  // namespace

void AppendScript(const ScriptSpec& spec, Bytes& out) {
    ByteWriter w(out);
    switch (spec.kind) {
        case ScriptKind::bare_drop:
            w.Raw(DropScript(spec));
            return;
        case ScriptKind::p2sh:
            AppendPayToScriptHash(DropScript(spec), w);
            return;
        case ScriptKind::p2wsh:
            w.Raw(WitnessProgram(spec));
            return;
        case ScriptKind::p2sh_p2wsh:
            AppendPayToScriptHash(WitnessProgram(spec), w);
            return;
        case ScriptKind::p2tr_script_path:
            w.U8(kOp1);
            w.Push(TaprootOfScript(DropScript(spec)).output_key);
            return;
        case ScriptKind::op_true:
            w.U8(kOp1);
            return;
        case ScriptKind::empty:
            return;
        case ScriptKind::anchor:
            w.U8(kOp1);
            w.Push(std::array<std::uint8_t, 2>{0x4e, 0x73});
            return;
        case ScriptKind::future_witness:
            w.U8(kOp16);
            w.Push(Payload<24>(spec));
            return;
        case ScriptKind::big:
            AppendBig(spec, w);
            return;
        default:
            AppendUnspendable(spec, w);
    }
}

void Unlock(const ScriptSpec& spec, std::uint64_t salt, Unlocking& out) {
    out.script_sig.clear();
    out.witness.clear();
    ByteWriter sig(out.script_sig), witness(out.witness);
    std::array<std::uint8_t, kDummySize> dummy;
    Random(salt).Fill(dummy);
    switch (spec.kind) {
        case ScriptKind::bare_drop:
            sig.Push(dummy);
            return;
        case ScriptKind::p2sh:
            sig.Push(dummy);
            sig.Push(DropScript(spec));
            return;
        case ScriptKind::p2sh_p2wsh:
            sig.Push(WitnessProgram(spec));
            [[fallthrough]];
        case ScriptKind::p2wsh:
            witness.CompactSize(2);
            witness.Sized(dummy);
            witness.Sized(DropScript(spec));
            return;
        case ScriptKind::p2tr_script_path: {
            const auto script = DropScript(spec);
            witness.CompactSize(3);
            witness.Sized(dummy);
            witness.Sized(script);
            witness.Sized(TaprootOfScript(script).control_block);
            return;
        }
        case ScriptKind::empty:
            sig.U8(kOp1);
            return;
        case ScriptKind::op_true:
        case ScriptKind::anchor:
        case ScriptKind::future_witness:
        case ScriptKind::big:
            return;
        default:
            std::abort();
    }
}

}  // namespace amber::generator
