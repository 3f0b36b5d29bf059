#include "server/methods/daemon_error.h"
#include "server/methods/handlers.h"

namespace amber::server::handlers {
namespace {

void WriteFloors(JsonWriter out, const FeeOracle::FeeFloors& floors) {
    out.Raw(R"({"mempoolminfee":)").Double(floors.mempool_min);
    out.Raw(R"(,"minrelaytxfee":)").Double(floors.relay_min);
    out.Raw(R"(,"incrementalrelayfee":)").Double(floors.incremental_relay).Raw('}');
}

}  // namespace

Outcome MempoolGetInfo(Call& call) {
    if (const auto known = call.services.fees->KnownFloors()) {
        WriteFloors(call.out, *known);
        return Step::done;
    }
    call.services.fees->AskFloors(
        [reply = call.Defer()](const index::NodeResult<FeeOracle::FeeFloors>& floors) {
            if (!floors) return reply(DaemonError(floors.error()));
            std::string text;
            WriteFloors(JsonWriter(text), *floors);
            reply(std::move(text));
        });
    return Step::deferred;
}

}  // namespace amber::server::handlers
