#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainOutpointUnsubscribe(Call& call) {
    const index::OutPoint outpoint = ReadOutpoint(call.args);
    if (auto error = call.args.Error()) return *error;
    call.out.Bool(call.client->UnsubscribeOutpoint(outpoint));
    return Step::done;
}

}  // namespace amber::server::handlers
