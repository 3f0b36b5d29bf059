#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashGetMempool(Call& call) {
    const index::ScriptHash script = call.args.ScriptHash(0);
    if (auto error = call.args.Error()) return *error;
    WriteHistory(call.out, call.query.GetMempool(script));
    return Step::done;
}

}  // namespace amber::server::handlers
