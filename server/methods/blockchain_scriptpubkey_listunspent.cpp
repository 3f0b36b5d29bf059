#include "server/methods/handlers.h"
#include "server/methods/script_answers.h"

namespace amber::server::handlers {

Outcome BlockchainScriptpubkeyListunspent(Call& call) {
    return Wrapped(call, "utxos", [&] { return AnswerUnspent(call, call.args.Script(0)); });
}

}  // namespace amber::server::handlers
