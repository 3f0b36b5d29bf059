#include "server/methods/answer_by_script.h"
#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashGetBalance(Call& call) {
    return AnswerByScript(call, AnswerKind::balance,
                          [&](const index::ScriptHash& script) -> Outcome {
                              const index::Balance balance = call.query.GetBalance(script);
                              call.out.Raw(R"({"confirmed":)")
                                  .Int(balance.confirmed)
                                  .Raw(R"(,"unconfirmed":)")
                                  .Int(balance.unconfirmed)
                                  .Raw('}');
                              return Step::done;
                          });
}

}  // namespace amber::server::handlers
