#include "server/methods/answer_by_script.h"
#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashGetHistory(Call& call) {
    return AnswerByScript(
        call, AnswerKind::history, [&](const index::ScriptHash& script) -> Outcome {
            const auto history = call.query.GetHistory(script, call.services.HistoryLimit());
            if (!history) return HistoryTooLarge();
            WriteHistory(call.out, *history);
            return Step::done;
        });
}

}  // namespace amber::server::handlers
