#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome ServerPing(Call& call) {
    call.out.Raw("null");
    return Step::done;
}

}  // namespace amber::server::handlers
