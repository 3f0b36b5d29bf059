#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome BlockchainHeadersSubscribe(Call& call) {
    call.out.Raw(call.served.tip_json);
    call.effects.subscribe_headers = true;
    return Step::done;
}

}  // namespace amber::server::handlers
