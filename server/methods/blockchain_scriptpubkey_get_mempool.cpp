#include "server/methods/handlers.h"
#include "server/methods/script_answers.h"

namespace amber::server::handlers {

Outcome BlockchainScriptpubkeyGetMempool(Call& call) {
    return Wrapped(call, "history", [&] { return AnswerMempool(call, call.args.Script(0)); });
}

}  // namespace amber::server::handlers
