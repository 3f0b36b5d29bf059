#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainOutpointGetStatus(Call& call) {
    const index::OutPoint outpoint = ReadOutpoint(call.args);
    if (auto error = call.args.Error()) return *error;
    WriteOutpoint(call.out, StatusOf(call.query, outpoint));
    return Step::done;
}

}  // namespace amber::server::handlers
