#include <algorithm>

#include "index/chain/coin.h"
#include "tests/fuzz/must.h"

using namespace amber::index;

namespace {

void CheckTx(const Codec& codec, const Block& block, const Block::Tx& tx) {
    const auto lone = codec.ParseTransaction(block.RawTx(tx));
    MUST(lone.has_value());
    MUST(lone->txid == tx.txid);
    MUST(lone->size == tx.size);
    MUST(lone->vsize <= tx.size && lone->vsize >= tx.size / 4);
    MUST(std::equal(lone->inputs.begin(), lone->inputs.end(), block.inputs.begin() + tx.first_input,
                    block.inputs.begin() + tx.first_input + tx.input_count));
    MUST(lone->outputs.size() == tx.output_count);
    for (std::size_t i = 0; i < tx.output_count; ++i) {
        const Block::Output& output = block.outputs[tx.first_output + i];
        MUST(lone->outputs[i].value == output.value);
        MUST(lone->outputs[i].indexed == output.indexed);
        MUST(ToHashX(lone->outputs[i].script_hash) == output.hash_x);
    }
}

void CheckBlock(const Codec& codec, const Block& block) {
    std::size_t inputs = 0, outputs = 0;
    const std::uint8_t* end = nullptr;
    for (const Block::Tx& tx : block.txs) {
        const ByteView raw = block.RawTx(tx);
        MUST(end == nullptr || end == raw.data());
        end = raw.data() + raw.size();
        MUST(tx.first_input == inputs && tx.first_output == outputs);
        inputs += tx.input_count;
        outputs += tx.output_count;
        MUST(inputs <= block.inputs.size() && outputs <= block.outputs.size());
        CheckTx(codec, block, tx);
    }
    MUST(end == block.raw.data() + block.raw.size());
    MUST(inputs == block.inputs.size() && outputs == block.outputs.size());
    MUST(block.hash == codec.HashHeader(block.Header()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Codec& codec = *FindCoin("bitcoin", "mainnet")->codec;
    Bytes raw(data, data + size);
    const auto block = codec.ParseBlock(raw);
    if (!block) {
        MUST(!block.error().what.empty() && block.error().offset <= size);
        return 0;
    }
    MUST(block->raw == raw);
    CheckBlock(codec, *block);
    raw.push_back(0);
    MUST(!codec.ParseBlock(raw));
    raw.resize(size - 1);
    MUST(!codec.ParseBlock(raw));
    return 0;
}
