#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome MempoolRecent(Call& call) {
    char separator = '[';
    const auto& txs = call.served.view->mempool.RecentTxs();
    for (const auto& tx : txs) {
        call.out.Raw(separator).Raw(R"({"txid":)").DisplayHex(tx.txid);
        call.out.Raw(R"(,"fee":)").Int(tx.fee).Raw(R"(,"vsize":)").Uint(tx.vsize).Raw('}');
        separator = ',';
    }
    call.out.Raw(txs.empty() ? "[]" : "]");
    return Step::done;
}

}  // namespace amber::server::handlers
