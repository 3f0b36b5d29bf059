#pragma once
#include <cstdint>

#include "tests/generator/byte_writer.h"

// Output scripts of many kinds, each a pure function of (kind, id), and how to spend them without
// a signature. The spendable kinds rest on the script `<20 bytes> OP_2DROP OP_1`: it drops itself
// and one item of the spender's, so inputs keep the size of signed ones.
namespace amber::generator {

enum class ScriptKind : std::uint8_t {
    // spendable
    bare_drop,
    p2sh,
    p2wsh,
    p2sh_p2wsh,
    p2tr_script_path,
    op_true,
    empty,
    anchor,          ///< pay to anchor, 51 02 4e73
    future_witness,  ///< witness version 16
    big,             ///< 9,000 bytes
    // never spent: no key is known, or no input could satisfy them
    p2pk,
    p2pkh,
    p2wpkh,
    p2wsh_unknown,
    p2tr,
    multisig,
    malformed_push,    ///< announces more bytes than there are
    return_in_middle,  ///< OP_1 OP_RETURN: spendable in no way, but not a data output
    oversized,         ///< 10,001 bytes or more: bitcoind drops these from its UTXO set
    // data outputs, which Amber does not index
    data,        ///< 6a ...
    false_data,  ///< 00 6a ...: bitcoind keeps these in its UTXO set
};

constexpr bool IsSpendable(ScriptKind kind) { return kind <= ScriptKind::big; }

struct ScriptSpec {
    ScriptKind kind = ScriptKind::op_true;
    std::uint32_t id = 0;
    friend bool operator==(const ScriptSpec&, const ScriptSpec&) = default;
};

/// Appends the output script.
void AppendScript(const ScriptSpec& spec, Bytes& out);

/// What an input needs to spend a script.
struct Unlocking {
    Bytes script_sig;
    Bytes witness;  ///< serialised stack with its count; empty if there is none
};

/// Fills `out` for a spendable kind; `salt` varies the dummy item that stands for a signature.
void Unlock(const ScriptSpec& spec, std::uint64_t salt, Unlocking& out);

}  // namespace amber::generator
