#include <cctype>

#include "server/methods/daemon_error.h"
#include "server/methods/handlers.h"

namespace amber::server::handlers {
namespace {

/// The estimate mode in upper case; empty if none is given.
std::string ReadMode(Arguments& args, std::size_t i) {
    std::string mode(args.String(i));
    for (char& c : mode) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (args.Get(i) && mode != "CONSERVATIVE" && mode != "ECONOMICAL")
        args.Fail(BadRequest("unknown estimatefee mode: " + Quote(*args.Get(i))));
    return mode;
}

}  // namespace

Outcome BlockchainEstimatefee(Call& call) {
    const int target = RoundedTarget(call.args.NonNegative(0));
    const std::string mode = ReadMode(call.args, 1);
    if (auto error = call.args.Error()) return *error;

    if (const auto known = call.services.fees->KnownEstimate(target, mode)) {
        call.out.Double(*known);
        return Step::done;
    }
    call.services.fees->AskEstimate(
        target, mode, [reply = call.Defer()](const index::NodeResult<double>& estimate) {
            if (!estimate) return reply(DaemonError(estimate.error()));
            std::string text;
            JsonWriter(text).Double(*estimate);
            reply(std::move(text));
        });
    return Step::deferred;
}

}  // namespace amber::server::handlers
