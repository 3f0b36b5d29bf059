#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashGetHistory(Call& call) {
    const index::ScriptHash script = call.args.ScriptHash(0);
    if (auto error = call.args.Error()) return *error;
    const auto history = call.query.GetHistory(script, call.services.HistoryLimit());
    if (!history) return HistoryTooLarge();
    WriteHistory(call.out, *history);
    return Step::done;
}

}  // namespace amber::server::handlers
