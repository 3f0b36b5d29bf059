#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome BlockchainHeadersGetTip(Call& call) {
    call.out.Raw(call.served.tip_json);
    return Step::done;
}

}  // namespace amber::server::handlers
