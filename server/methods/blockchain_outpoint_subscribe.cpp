#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainOutpointSubscribe(Call& call) {
    const index::OutPoint outpoint = ReadOutpoint(call.args);
    if (auto error = call.args.Error()) return *error;
    const index::OutpointStatus status = StatusOf(call.query, outpoint);
    WriteOutpoint(call.out, status);
    call.effects.subscribe_outpoint = {outpoint, status};
    return Step::done;
}

}  // namespace amber::server::handlers
