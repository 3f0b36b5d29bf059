#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashSubscribe(Call& call) {
    const index::ScriptHash script = call.args.ScriptHash(0);
    if (auto error = call.args.Error()) return *error;
    const auto status = call.query.GetStatus(script, call.services.HistoryLimit());
    if (!status) return HistoryTooLarge();
    WriteStatus(call.out, *status);
    call.effects.subscribe_script = {script, *status};
    return Step::done;
}

}  // namespace amber::server::handlers
