#include "server/methods/answer_by_script.h"
#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashGetMempool(Call& call) {
    return AnswerByScript(call, AnswerKind::mempool,
                          [&](const index::ScriptHash& script) -> Outcome {
                              WriteHistory(call.out, call.query.GetMempool(script));
                              return Step::done;
                          });
}

}  // namespace amber::server::handlers
