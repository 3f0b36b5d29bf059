#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome BlockchainHeadersUnsubscribe(Call& call) {
    call.out.Bool(call.client->UnsubscribeHeaders());
    return Step::done;
}

}  // namespace amber::server::handlers
