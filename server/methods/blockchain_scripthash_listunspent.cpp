#include "server/methods/handlers.h"
#include "server/methods/script_answers.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashListunspent(Call& call) {
    return AnswerUnspent(call, call.args.ScriptHash(0));
}

}  // namespace amber::server::handlers
