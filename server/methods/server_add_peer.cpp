#include "server/methods/handlers.h"

namespace amber::server::handlers {

/// No peers are kept yet, so every one is turned away, which the protocol allows.
Outcome ServerAddPeer(Call& call) {
    if (call.args.Get(0)->kind != JsonKind::object) return BadRequest("features is not an object");
    call.out.Bool(false);
    return Step::done;
}

}  // namespace amber::server::handlers
