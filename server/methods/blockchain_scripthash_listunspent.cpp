#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashListunspent(Call& call) {
    const index::ScriptHash script = call.args.ScriptHash(0);
    if (auto error = call.args.Error()) return *error;
    const auto unspent = call.query.ListUnspent(script, call.services.UnspentLimit());
    if (!unspent) return HistoryTooLarge();
    WriteUnspent(call.out, *unspent);
    return Step::done;
}

}  // namespace amber::server::handlers
