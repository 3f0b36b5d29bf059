#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome BlockchainTransactionUnsubscribe(Call& call) {
    const index::OutPoint whole{call.args.Txid(0), kWholeTransaction};
    if (auto error = call.args.Error()) return *error;
    call.out.Bool(call.client->UnsubscribeOutpoint(whole));
    return Step::done;
}

}  // namespace amber::server::handlers
