#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashGetBalance(Call& call) {
    const index::ScriptHash script = call.args.ScriptHash(0);
    if (auto error = call.args.Error()) return *error;
    const index::Balance balance = call.query.GetBalance(script);
    call.out.Raw(R"({"confirmed":)")
        .Int(balance.confirmed)
        .Raw(R"(,"unconfirmed":)")
        .Int(balance.unconfirmed)
        .Raw('}');
    return Step::done;
}

}  // namespace amber::server::handlers
