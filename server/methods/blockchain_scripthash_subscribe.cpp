#include "server/methods/answer_by_script.h"
#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashSubscribe(Call& call) {
    const std::size_t start = call.out.Size();
    auto outcome =
        AnswerByScript(call, AnswerKind::status, [&](const index::ScriptHash& script) -> Outcome {
            const auto status = call.query.GetStatus(script, call.services.HistoryLimit());
            if (!status) return HistoryTooLarge();
            WriteStatus(call.out, *status);
            return Step::done;
        });
    if (outcome)
        call.effects.subscribe_script = {call.args.ScriptHash(0),
                                         ReadStatus(call.out.TextSince(start))};
    return outcome;
}

}  // namespace amber::server::handlers
