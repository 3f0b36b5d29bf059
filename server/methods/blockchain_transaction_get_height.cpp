#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome BlockchainTransactionGetHeight(Call& call) {
    const index::Txid txid = call.args.Txid(0);
    if (auto error = call.args.Error()) return *error;
    const auto status = StatusOf(call.query, {txid, kWholeTransaction});
    if (!status.funder_height)
        return BadRequest("No transaction matching the requested hash was found");
    WriteHeight(call.out, status);
    return Step::done;
}

}  // namespace amber::server::handlers
