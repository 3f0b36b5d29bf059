#include "server/methods/daemon_error.h"
#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome BlockchainRelayfee(Call& call) {
    if (const auto known = call.services.fees->KnownFloors()) {
        call.out.Double(known->relay_min);
        return Step::done;
    }
    call.services.fees->AskFloors(
        [reply = call.Defer()](const index::NodeResult<FeeOracle::FeeFloors>& floors) {
            if (!floors) return reply(DaemonError(floors.error()));
            std::string text;
            JsonWriter(text).Double(floors->relay_min);
            reply(std::move(text));
        });
    return Step::deferred;
}

}  // namespace amber::server::handlers
