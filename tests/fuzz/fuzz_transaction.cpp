#include "index/chain/coin.h"
#include "index/chain/sha256.h"
#include "tests/fuzz/must.h"
#include "tests/support/raw_block.h"

using namespace amber::index;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Codec& codec = *FindCoin("bitcoin", "mainnet")->codec;
    Bytes raw(data, data + size);
    const auto tx = codec.ParseTransaction(raw);
    if (!tx) {
        MUST(!tx.error().what.empty() && tx.error().offset <= size);
        return 0;
    }
    const RawTx plain = ReadTx(raw);
    const Bytes stripped = plain.Write(false);
    MUST(plain.Write(plain.HasWitness()) == raw);
    MUST(Sha256dAs<Txid>(stripped) == tx->txid);
    MUST(tx->size == size);
    MUST(tx->vsize == (3 * stripped.size() + size + 3) / 4);
    MUST(tx->inputs.size() == plain.inputs.size());
    MUST(tx->outputs.size() == plain.outputs.size());
    for (std::size_t i = 0; i < plain.outputs.size(); ++i) {
        const Transaction::Output& output = tx->outputs[i];
        const Bytes& script = plain.outputs[i].script;
        MUST(output.indexed == codec.IsIndexed(script));
        MUST(output.script_hash == (output.indexed ? Sha256As<ScriptHash>(script) : ScriptHash{}));
    }
    raw.push_back(0);
    MUST(!codec.ParseTransaction(raw));
    raw.resize(size - 1);
    MUST(!codec.ParseTransaction(raw));
    return 0;
}
