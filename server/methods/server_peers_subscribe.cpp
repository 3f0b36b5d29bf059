#include "server/methods/handlers.h"

namespace amber::server::handlers {

/// No peers are known yet.
Outcome ServerPeersSubscribe(Call& call) {
    call.out.Raw("[]");
    return Step::done;
}

}  // namespace amber::server::handlers
