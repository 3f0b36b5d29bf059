#include "server/methods/handlers.h"
#include "server/methods/script_answers.h"

namespace amber::server::handlers {

Outcome BlockchainScriptpubkeySubscribe(Call& call) {
    return AnswerSubscription(call, call.args.Script(0));
}

}  // namespace amber::server::handlers
