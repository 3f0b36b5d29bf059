#include "server/methods/handlers.h"
#include "server/methods/script_answers.h"

namespace amber::server::handlers {

Outcome BlockchainScriptpubkeyGetHistory(Call& call) {
    return Wrapped(call, "history", [&] { return AnswerHistory(call, call.args.Script(0)); });
}

}  // namespace amber::server::handlers
