#include "tests/index/block_maker.h"

#include <algorithm>
#include <cstring>

#include "index/chain/sha256.h"
#include "tests/generator/block_builder.h"

namespace amber::index {

namespace {

void AppendNumber(Bytes& out, std::uint32_t number) {
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(number >> 8 * i));
}

}  // namespace

Bytes ScriptOf(std::uint32_t id) {
    Bytes script{0x04};
    AppendNumber(script, id);
    return script;
}

HashX HashXOf(const Bytes& script) {
    ScriptHash hash;
    const HashJob job{{script, {}, {}}, hash.bytes.data()};
    Sha256Many({&job, 1});
    return ToHashX(hash);
}

RawTx::Output Pay(std::uint32_t script_id, Amount value) {
    return {static_cast<std::uint64_t>(value), ScriptOf(script_id)};
}

RawTx Coinbase(std::uint32_t salt, std::vector<RawTx::Output> outputs) {
    RawTx tx;
    tx.inputs.resize(1);
    tx.inputs[0].previous.index = OutPoint::kCoinbaseIndex;
    AppendNumber(tx.inputs[0].script, salt);
    tx.outputs = std::move(outputs);
    return tx;
}

RawTx Spend(std::vector<OutPoint> outpoints, std::vector<RawTx::Output> outputs,
            std::uint32_t salt) {
    RawTx tx;
    for (const auto& outpoint : outpoints) tx.inputs.emplace_back().previous = outpoint;
    tx.outputs = std::move(outputs);
    tx.lock_time = salt;
    return tx;
}

Txid TxidOf(const RawTx& tx) { return Sha256dAs<Txid>(tx.Write(false)); }

Transaction Parse(const RawTx& tx) {
    return Regtest().codec->ParseTransaction(tx.Write(tx.HasWitness())).value();
}

BlockPtr MakeBlock(const BlockHash& previous, const std::vector<RawTx>& txs, std::uint32_t salt) {
    Bytes raw = WriteBlock(txs);
    std::copy(previous.bytes.begin(), previous.bytes.end(), raw.begin() + 4);
    std::memcpy(raw.data() + 76, &salt, sizeof salt);  // where the nonce stands
    return ParseShared(Regtest(), std::move(raw));
}

BlockPtr GenesisBlock() {
    static const BlockPtr block = ParseShared(Regtest(), generator::GenesisBlock());
    return block;
}

BlockPtr HandMadeChain::Add(std::vector<RawTx> txs, std::uint32_t salt) {
    const auto height = static_cast<std::uint32_t>(blocks.size());
    txs.insert(txs.begin(), Coinbase(height ^ salt << 16, {Pay(kMinerScript, 50 * kCoins)}));
    return AddWhole(txs, salt);
}

BlockPtr HandMadeChain::AddWhole(const std::vector<RawTx>& txs, std::uint32_t salt) {
    blocks.push_back(MakeBlock(blocks.back()->hash, txs, salt));
    return blocks.back();
}

}  // namespace amber::index
