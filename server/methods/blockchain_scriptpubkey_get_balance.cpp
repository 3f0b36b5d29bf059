#include "server/methods/handlers.h"
#include "server/methods/script_answers.h"

namespace amber::server::handlers {

Outcome BlockchainScriptpubkeyGetBalance(Call& call) {
    return AnswerBalance(call, call.args.Script(0));
}

}  // namespace amber::server::handlers
