#include "server/methods/answer_by_script.h"
#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashListunspent(Call& call) {
    return AnswerByScript(
        call, AnswerKind::unspent, [&](const index::ScriptHash& script) -> Outcome {
            const auto unspent = call.query.ListUnspent(script, call.services.UnspentLimit());
            if (!unspent) return HistoryTooLarge();
            WriteUnspent(call.out, *unspent);
            return Step::done;
        });
}

}  // namespace amber::server::handlers
