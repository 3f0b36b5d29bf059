#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome BlockchainScriptpubkeyUnsubscribe(Call& call) {
    const index::ScriptHash script = call.args.Script(0);
    if (auto error = call.args.Error()) return *error;
    call.out.Bool(call.client->UnsubscribeScript(script));
    return Step::done;
}

}  // namespace amber::server::handlers
