#include "server/methods/handlers.h"
#include "server/methods/script_answers.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashGetStatus(Call& call) {
    return AnswerStatus(call, call.args.ScriptHash(0));
}

}  // namespace amber::server::handlers
