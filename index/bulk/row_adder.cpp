#include "index/bulk/row_adder.h"

#include "index/cpu_time.h"

namespace amber::index::bulk {

RowAdder::RowAdder(Scattered& rows, const UtxoCache::Txids& txids, const TxNum& first_num,
                   std::size_t share, unsigned share_bits)
    : rows_(rows), share_(share), share_bits_(share_bits), window_(txids, first_num) {}

void RowAdder::Add(const Block& block, TxNum first, bool outpoints) {
    const auto before = ThreadCpuTime();
    FindMine(block);
    AddTransactions(block, first);
    if (outpoints) AddOutpoints(block, first);
    cpu_ += ThreadCpuTime() - before;
}

void RowAdder::FindMine(const Block& block) {
    my_txs_.resize(block.txs.size());
    my_inputs_.resize(block.inputs.size());
    std::size_t txs = 0, inputs = 0;
    for (std::uint32_t i = 0; i < block.txs.size(); ++i) {
        const Block::Tx& tx = block.txs[i];
        my_txs_[txs] = i;
        txs += IsMine(tx.txid);
        for (std::uint32_t k = tx.first_input; k < tx.first_input + tx.input_count; ++k) {
            my_inputs_[inputs] = {k, i};
            inputs += IsMine(block.inputs[k].txid);
        }
    }
    my_txs_.resize(txs);
    my_inputs_.resize(inputs);
}

void RowAdder::AddTransactions(const Block& block, TxNum first) {
    for (const std::uint32_t i : my_txs_) {
        const Txid& txid = block.txs[i].txid;
        rows_.txnums.AddAlone(rows_.PartitionOf(txid.bytes.data()),
                              TxNumRow::Make(txid, {first.value + i}));
    }
}

void RowAdder::AddOutpoints(const Block& block, TxNum first) {
    constexpr std::size_t kTxsAhead = 6;
    for (std::size_t i = 0; i < my_txs_.size(); ++i) {
        if (i + kTxsAhead < my_txs_.size()) {
            const Block::Tx& later = block.txs[my_txs_[i + kTxsAhead]];
            for (std::uint32_t k = 0; k < later.output_count; ++k)
                window_.Prefetch({later.txid, k});
        }
        AddOutputs(block, my_txs_[i], {first.value + my_txs_[i]});
    }
    // The txid is found by what the first hint fetches.
    constexpr std::size_t kAhead = 24, kTxidAhead = 12;
    const auto outpoint_of = [&](std::size_t i) -> const OutPoint& {
        return block.inputs[my_inputs_[i].input];
    };
    for (std::size_t i = 0; i < my_inputs_.size(); ++i) {
        if (i + kAhead < my_inputs_.size()) window_.Prefetch(outpoint_of(i + kAhead));
        if (i + kTxidAhead < my_inputs_.size()) window_.PrefetchTxid(outpoint_of(i + kTxidAhead));
        const OutPoint& outpoint = outpoint_of(i);
        if (!outpoint.IsCoinbase()) Spend(outpoint, {first.value + my_inputs_[i].tx});
    }
}

void RowAdder::AddOutputs(const Block& block, std::uint32_t at, TxNum num) {
    const Block::Tx& tx = block.txs[at];
    const bool is_coinbase = at == 0;
    for (std::uint32_t i = 0; i < tx.output_count; ++i) {
        const Block::Output& output = block.outputs[tx.first_output + i];
        if (!output.indexed) continue;
        const OutPoint outpoint{tx.txid, i};
        // Before BIP30 a coinbase could repeat a txid; the older output is then lost.
        if (is_coinbase && !window_.Remove(outpoint))
            rows_.spent.AddAlone(rows_.PartitionOf(tx.txid.bytes.data()),
                                 SpentRow::Make(outpoint, num, true));
        window_.Add(outpoint, {num, i, output.hash_x, output.value});
        AddUse(output.hash_x, num);
    }
}

void RowAdder::Spend(const OutPoint& outpoint, TxNum num) {
    if (const auto output = window_.Remove(outpoint)) {
        AddUse(output->hash_x, num);
        spenders_.Add(SpenderPartitionOf(output->num),
                      SpenderRow::Make(output->num, output->index, num));
    } else {
        rows_.spent.AddAlone(rows_.PartitionOf(outpoint.txid.bytes.data()),
                             SpentRow::Make(outpoint, num, false));
    }
}

void RowAdder::AddUse(const HashX& hash_x, TxNum num) {
    uses_.Add(rows_.PartitionOf(hash_x.bytes.data()), UseRow::Make(hash_x, num));
}

void RowAdder::Spill() {
    window_.ForEach([&](const UtxoCache::TxidHead& txid, const UnspentOutput& output) {
        rows_.created.AddAlone(rows_.PartitionOf(txid.data()), CreatedRow::Make(txid, output));
    });
    window_.Empty();
    uses_.Flush();
    spenders_.Flush();
}

}  // namespace amber::index::bulk
