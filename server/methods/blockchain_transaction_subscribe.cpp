#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome BlockchainTransactionSubscribe(Call& call) {
    const index::OutPoint whole{call.args.Txid(0), kWholeTransaction};
    if (auto error = call.args.Error()) return *error;
    const index::OutpointStatus status = StatusOf(call.query, whole);
    WriteHeight(call.out, status);
    call.effects.subscribe_outpoint = {whole, status};
    return Step::done;
}

}  // namespace amber::server::handlers
