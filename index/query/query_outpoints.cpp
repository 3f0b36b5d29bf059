// What has become of single transactions and outputs.
#include "index/lookup.h"
#include "index/query/cursors.h"

namespace amber::index {

using store::Table;

std::optional<std::int32_t> Query::GetTransactionHeight(const Txid& txid) {
    if (const MempoolTx* tx = view_->mempool.Find(txid)) return tx->Height();
    const auto place = FindTransaction(txid);
    if (!place) return std::nullopt;
    return static_cast<std::int32_t>(place->height.value);
}

OutpointStatus Query::GetOutpoint(const OutPoint& outpoint) {
    OutpointStatus status;
    if (const MempoolTx* funder = view_->mempool.Find(outpoint.txid)) {
        const auto& outputs = funder->outputs;
        if (outpoint.index >= outputs.size() || !outputs[outpoint.index].indexed) return status;
        status.funder_height = funder->Height();
    } else if (!FindConfirmedOutput(outpoint, status)) {
        return status;
    }
    if (const MempoolTx* spender = view_->mempool.Spender(outpoint))
        status.spender = {spender->txid, spender->Height()};
    return status;
}

bool Query::FindConfirmedOutput(const OutPoint& outpoint, OutpointStatus& status) {
    const auto height_of = [&](TxNum num) {
        return static_cast<std::int32_t>(view_->tx_counts.HeightOf(num).value);
    };
    const store::Reader& reader = cursors_->reader;
    const auto unspent = FindUnspent(reader, cursors_->Of(Table::h, cursors_->h), outpoint,
                                     Certainty::always_compare);
    if (unspent) {
        status.funder_height = height_of(unspent->num);
        return true;
    }
    const auto funder =
        FindTxNum(reader, cursors_->Of(Table::txnum, cursors_->txnum), outpoint.txid);
    const auto spender = funder ? FindSpender(reader, *funder, outpoint.index) : std::nullopt;
    if (!spender) return false;
    status.funder_height = height_of(*funder);
    status.spender = {ReadTxid(reader, *spender), height_of(*spender)};
    return true;
}

}  // namespace amber::index
